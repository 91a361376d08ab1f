#include "daemon/database_versions.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <ctime>
#include <functional>
#include <string_view>
#include <system_error>

#include <fmt/chrono.h>
#include <fmt/format.h>

#include "daemon/directory_of.hpp"
#include "transport/socket.hpp"

namespace rhumb::daemon {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view kNameForm = "0000-00-00T000000Z";  // 0: a digit
constexpr mode_t kUsualMode = 0644;

bool is_version_name(std::string_view name) {
  const auto fits = [](char of_form, char given) {
    return of_form == '0' ? given >= '0' && given <= '9' : given == of_form;
  };
  return std::ranges::equal(kNameForm, name, fits);
}

// A copy on its way; removed unless it is renamed.
class Aside {
 public:
  explicit Aside(const fs::path& database)
      : path_(directory_of(database) / fmt::format(".{}.new-{}", database.filename().string(), getpid())) {}
  ~Aside() {
    std::error_code ignored;
    fs::remove(path_, ignored);
  }
  Aside(const Aside&) = delete;
  Aside& operator=(const Aside&) = delete;

  [[nodiscard]] const fs::path& path() const noexcept { return path_; }

 private:
  fs::path path_;
};

// Without it, a crash after the rename could leave an empty file.
void write_to_disk(const fs::path& file) {
  const transport::Descriptor descriptor(open(file.c_str(), O_RDONLY | O_CLOEXEC));
  if (descriptor.get() < 0 || fsync(descriptor.get()) != 0) {
    throw std::system_error(errno, std::generic_category(), file.string());
  }
}

// Whoever may read the old one may read the new one.
void take_after(const fs::path& file, const fs::path& old) {
  struct stat found {};
  const bool is_there = stat(old.c_str(), &found) == 0;
  if (chmod(file.c_str(), is_there ? found.st_mode & ALLPERMS : kUsualMode) != 0) {
    throw std::system_error(errno, std::generic_category(), file.string());
  }
  if (is_there && chown(file.c_str(), found.st_uid, found.st_gid) != 0 && errno != EPERM) {
    throw std::system_error(errno, std::generic_category(), file.string());
  }
}

}  // namespace

std::string version_name(std::int64_t built_at_s) {
  return fmt::format("{:%Y-%m-%dT%H%M%SZ}", fmt::gmtime(static_cast<std::time_t>(built_at_s)));
}

std::vector<DatabaseVersion> find_versions(const fs::path& database) {
  const std::string prefix = database.filename().string() + ".";
  std::vector<DatabaseVersion> versions;
  std::error_code error;
  for (fs::directory_iterator entry(directory_of(database), error), end; !error && entry != end;
       entry.increment(error)) {
    const std::string name = entry->path().filename().string();
    if (!name.starts_with(prefix) || !is_version_name(name.substr(prefix.size()))) continue;
    versions.push_back({name.substr(prefix.size()), database.parent_path() / name});
  }
  std::ranges::sort(versions, std::greater{}, &DatabaseVersion::name);
  return versions;
}

DatabaseVersion keep_version(const fs::path& database, std::int64_t built_at_s) {
  const std::string name = version_name(built_at_s);
  DatabaseVersion version{name, database.parent_path() / (database.filename().string() + "." + name)};
  if (fs::exists(version.file)) return version;
  std::error_code error;
  fs::create_hard_link(fs::canonical(database), version.file, error);
  if (error) put_in_place(database, version.file);  // another file system, or one without
  return version;
}

void put_in_place(const fs::path& file, const fs::path& database) {
  const Aside aside(database);
  fs::copy_file(file, aside.path(), fs::copy_options::overwrite_existing);
  take_after(aside.path(), database);
  write_to_disk(aside.path());
  fs::rename(aside.path(), database);
  write_to_disk(directory_of(database));
}

void drop_versions(const fs::path& database, std::size_t kept) {
  const std::vector<DatabaseVersion> versions = find_versions(database);
  for (std::size_t i = kept; i < versions.size(); ++i)
    fs::remove(versions[i].file);
}

}  // namespace rhumb::daemon
