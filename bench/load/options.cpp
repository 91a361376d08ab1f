#include "options.hpp"

#include <arpa/inet.h>

#include <charconv>
#include <stdexcept>
#include <string_view>

#include "slots.hpp"

namespace rhumb::load {

const char* const kUsage =
    "usage: rhumb_load [OPTIONS] IPV4_ADDRESS PORT QUERIES\n"
    "\n"
    "Sends the queries of a file (messages in wire form, each behind its length in two octets) over UDP, again from "
    "the\n"
    "first when it has sent them all, and prints what came of them as a line of JSON.\n"
    "\n"
    "  --window N        queries in flight (128)\n"
    "  --rate R          queries a second, sent when they are due whatever has been answered; latencies count from "
    "then\n"
    "  --seconds S       for how long (5)\n"
    "  --queries N       how many, instead\n"
    "  --sockets N       source ports (8)\n"
    "  --time-limit S    a query without an answer for so long is lost (1)\n"
    "  --interval S      tells latencies for each interval of this length, too\n"
    "  --core N          keeps the thread on this core\n";

namespace {

constexpr std::size_t kSocketsMax = 1'024;
// In flight at a fixed rate, if nothing is said: so many can wait at 200,000 a second until a second's limit is over.
constexpr std::size_t kRateWindow = 200'000;

[[noreturn]] void refuse(std::string_view what, std::string_view why) {
  throw std::runtime_error(std::string(what) + " " + std::string(why));
}

template <typename Number>
Number number(std::string_view name, std::string_view text, Number least, Number most) {
  Number value{};
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc{} || end != text.data() + text.size() || value < least || value > most)
    refuse(name, "is a number from " + std::to_string(least) + " to " + std::to_string(most) + ", not \"" +
                     std::string(text) + "\"");
  return value;
}

constexpr double kSecondsMax = 86'400;

void read_option(std::string_view name, std::string_view text, Options& options, bool& has_window) {
  if (name == "--window") {
    options.window = number<std::size_t>(name, text, 1, kSocketsMax * Slots::kCountMax);
    has_window = true;
  } else if (name == "--rate") {
    options.rate = number<double>(name, text, 1, 1e8);
  } else if (name == "--seconds") {
    options.seconds = number<double>(name, text, 0.01, kSecondsMax);
  } else if (name == "--queries") {
    options.count = number<std::uint64_t>(name, text, 1, 1'000'000'000'000);
  } else if (name == "--sockets") {
    options.sockets = number<std::size_t>(name, text, 1, kSocketsMax);
  } else if (name == "--time-limit") {
    options.time_limit_s = number<double>(name, text, 0.001, 60);
  } else if (name == "--interval") {
    options.interval_s = number<double>(name, text, 0.001, kSecondsMax);
  } else if (name == "--core") {
    options.core = number<unsigned>(name, text, 0, 1'023);
  } else {
    refuse(name, "is no option");
  }
}

}  // namespace

Options parse_options(int count, char** words) {
  Options options;
  bool has_window = false;
  int next = 1;
  for (; next < count && std::string_view(words[next]).starts_with("--"); next += 2) {
    if (next + 1 == count) refuse(words[next], "needs a value");
    read_option(words[next], words[next + 1], options, has_window);
  }
  if (count - next != 3) throw std::runtime_error("an address, a port and a file of queries are needed");
  options.server.sin_family = AF_INET;
  if (inet_pton(AF_INET, words[next], &options.server.sin_addr) != 1) refuse(words[next], "is no IPv4 address");
  options.server.sin_port = htons(number<std::uint16_t>("the port", words[next + 1], 1, 65'535));
  options.queries = words[next + 2];
  if (options.rate && !has_window) options.window = kRateWindow;
  if (options.window < options.sockets) options.sockets = options.window;
  if (options.window > options.sockets * Slots::kCountMax)
    refuse("--window", "is more than 32768 for each of --sockets");
  return options;
}

}  // namespace rhumb::load
