#include "cli/command_texts.hpp"

#include <algorithm>
#include <array>

namespace rhumb::cli {
namespace {

constexpr std::string_view kServing = "Serving";
constexpr std::string_view kAsking = "Asking";
constexpr std::string_view kSteering = "Steering by hand";
constexpr std::string_view kPreparing = "Preparing";
constexpr std::string_view kOther = "Other";
constexpr std::array kGroups = {kServing, kAsking, kSteering, kPreparing, kOther};

constexpr std::string_view kUsualStatuses =
    "0  done\n"
    "1  not done; standard error says why\n"
    "100 and more  the command line is wrong";

constexpr std::array kTexts = {
    CommandText{
        "rhumb", "",
        "Answers DNS queries for the zones that it is given, and sends each client of a steered name to its nearest "
        "healthy region. One configuration, a file of JSON with comments, says what is served and how; "
        "rhumb.json(5) has every key. Commands look for it as `rhumb.json` here, then as "
        "`/etc/rhumb/rhumb.json`, unless `--config` names another.\n"
        "\n"
        "Those that ask a running server or steer by hand do so over its control socket, which the configuration "
        "names.",
        "# what is wrong with a configuration, each mistake with its place\n"
        "rhumb check --config rhumb.json\n"
        "# what a client gets, and why\n"
        "rhumb explain www.example.com 192.0.2.7\n"
        "# move a region's clients away within ten minutes\n"
        "rhumb drain eu-west --over 10m --reason \"new disks\"",
        kUsualStatuses},
    CommandText{
        "rhumb serve", kServing,
        "Runs in the foreground and logs to standard error. Nothing is served before everything has been loaded and "
        "checked; what `rhumb check` calls an error keeps it from starting.\n"
        "\n"
        "SIGHUP reads what has changed anew, as `rhumb reload` does. SIGUSR2 replaces the process by the program "
        "that is installed now, as `rhumb upgrade` does. SIGTERM and SIGINT stop it.",
        "rhumb serve --config /etc/rhumb/rhumb.json\n"
        "# another process takes over from the one that runs, without losing a query\n"
        "rhumb serve --config /etc/rhumb/rhumb.json --replace",
        "0  it was told to stop, or another process has taken over\n"
        "1  it could not start; standard error says why\n"
        "100 and more  the command line is wrong"},
    CommandText{
        "rhumb reload", kServing,
        "What is wrong or doubtful is told with its place, and what is different line by line. If the new state is "
        "refused, the old one goes on. New geo databases that send too many clients to another region are held back "
        "alone, unless `--accept-databases` says that they are meant.",
        "rhumb reload\n"
        "# one zone, and nothing else\n"
        "rhumb reload example.com\n"
        "# what is wrong with its files, and what would change\n"
        "rhumb reload example.com --dry-run",
        "0  done\n"
        "1  refused; standard error says so\n"
        "2  done, but for new geo databases, which are held back\n"
        "100 and more  the command line is wrong"},
    CommandText{
        "rhumb upgrade", kServing,
        "The running server starts this program with its own configuration, environment and limits, hands it its "
        "sockets, states and connections, and ends once the new one answers. If that never happens the old one "
        "goes on as if nothing had been.",
        "rhumb upgrade --config /etc/rhumb/rhumb.json", kUsualStatuses},
    CommandText{
        "rhumb status", kAsking,
        "For each instance whether it is up, how it stands, since when and by what evidence; then what operators "
        "have said. Colours are for terminals, and not if NO_COLOR is set.",
        "rhumb status\n"
        "# one region, again every five seconds\n"
        "rhumb status --region eu-west --watch 5\n"
        "# for programs\n"
        "rhumb status --json",
        "0  all is well\n"
        "1  the server could not be asked\n"
        "2  something is out that no operator has taken out\n"
        "100 and more  the command line is wrong"},
    CommandText{
        "rhumb explain", kAsking,
        "Makes the answer with the code that serves. From the configuration alone all is taken to be up but what "
        "`--down` names; with `--running`, `--socket` or `--server` the running server tells what it answers now, with "
        "the states that it knows.",
        "rhumb explain www.example.com 192.0.2.7\n"
        "# asked by a resolver elsewhere, while a region is down\n"
        "rhumb explain www.example.com 192.0.2.0/24 --resolver 198.51.100.1 --down eu-west\n"
        "rhumb explain www.example.com 2001:db8::7 --type AAAA --json\n"
        "# what the running server answers now\n"
        "rhumb explain www.example.com 192.0.2.7 --running",
        kUsualStatuses},
    CommandText{
        "rhumb drain", kSteering,
        "An operator's word goes before what checks say. It holds for a region, for one service there, or for one "
        "instance of that, until it ends by itself or `rhumb undrain` takes it back; a second word on the same takes "
        "the place of the first.",
        "rhumb drain eu-west --over 10m --until 18:00 --reason \"new disks\"\n"
        "rhumb drain eu-west --service www.example.com --instance 192.0.2.20",
        kUsualStatuses},
    CommandText{"rhumb undrain", kSteering, "Takes back the word on just this scope, whichever it is.",
                "rhumb undrain eu-west\n"
                "rhumb undrain eu-west --service www.example.com",
                kUsualStatuses},
    CommandText{"rhumb force", kSteering, "Lasts until it ends by itself or `rhumb undrain` takes it back.",
                "rhumb force down eu-west --until 2h\n"
                "rhumb force up eu-west --service www.example.com --instance 192.0.2.20",
                kUsualStatuses},
    CommandText{"rhumb resume", kSteering,
                "For instances that wait for an operator, are held down, damped, or grow into their share.",
                "rhumb resume eu-west", kUsualStatuses},
    CommandText{"rhumb report", kSteering,
                "What such a check knows is what is reported; each report is good for its `ttl`.",
                "rhumb report down eu-west --service www.example.com --instance 192.0.2.20 --reason \"disk full\"",
                kUsualStatuses},
    CommandText{
        "rhumb check", kPreparing,
        "Every problem is told with its place: errors, with which nothing is served, and warnings of what is hardly "
        "meant.",
        "rhumb check --config rhumb.json",
        "0  nothing is wrong; there may be warnings\n"
        "1  something is wrong\n"
        "100 and more  the command line is wrong"},
    CommandText{
        "rhumb test", kPreparing,
        "Needs no server. Tests that the configuration names as \"assertions\" must pass before it is served at all; "
        "with `--running`, `--socket` or `--server` the running server runs those on what it serves.",
        "rhumb test routes.test.json\n"
        "rhumb test --running --current\n"
        "rhumb test routes.test.json --config new.json --json",
        "0  all are as expected\n"
        "1  some are not\n"
        "2  the tests or the configuration cannot be read\n"
        "100 and more  the command line is wrong"},
    CommandText{
        "rhumb simulate", kPreparing,
        "Goes through all networks that the databases know, without asking a server, and tells which region each "
        "part of them is sent to: with the configuration as it is, and with another, or with regions down.",
        "rhumb simulate --down eu-west\n"
        "rhumb simulate --config-b new.json --weights clients.csv --service www.example.com",
        kUsualStatuses},
    CommandText{"rhumb geoip", kPreparing,
                "New versions of geo databases: whom they would send elsewhere, into their place, and the way back. "
                "\"geoip_guard\" of the configuration says how many clients one may move.",
                "rhumb geoip diff geoip/city.mmdb new/city.mmdb\n"
                "rhumb geoip activate new/city.mmdb\n"
                "rhumb geoip rollback",
                kUsualStatuses},
    CommandText{
        "rhumb geoip diff", "",
        "Exact, for every service, by region and country. What stands in the place of OLD in the configuration is "
        "taken to be replaced by NEW; the other databases stay.",
        "rhumb geoip diff geoip/city.mmdb new/city.mmdb --weights clients.csv",
        "0  told\n"
        "1  they cannot be read\n"
        "2  told, and more clients move than \"geoip_guard\" lets\n"
        "100 and more  the command line is wrong"},
    CommandText{
        "rhumb geoip activate", "",
        "Compares it with what is in its place, keeps that beside it, puts a copy into the place with one rename, and "
        "has the running server read it. What the server refuses is taken back.",
        "rhumb geoip activate new/city.mmdb\n"
        "rhumb geoip activate new/city.mmdb --keep 10 --force",
        "0  in its place, and served if a server runs\n"
        "1  not done; standard error says why\n"
        "2  not done: more clients would move than \"geoip_guard\" lets\n"
        "100 and more  the command line is wrong"},
    CommandText{"rhumb geoip versions", "", "Those in place, and those that are kept beside them.",
                "rhumb geoip versions", kUsualStatuses},
    CommandText{"rhumb geoip rollback", "",
                "The way back to the version before, or to the one that is named; without a comparison.",
                "rhumb geoip rollback\n"
                "rhumb geoip rollback 2026-10-02",
                kUsualStatuses},
    CommandText{
        "rhumb import", kPreparing,
        "Writes a configuration and zones into a directory, checks them, and tells what became of each part of the "
        "source, with its place there.",
        "rhumb import gdnsd /etc/gdnsd --out rhumb\n"
        "aws route53 list-resource-record-sets --hosted-zone-id Z1 > zone.json\n"
        "rhumb import route53 zone.json --out rhumb",
        "0  everything is carried over\n"
        "1  it could not be read or written\n"
        "2  something is not carried over\n"
        "100 and more  the command line is wrong"},
    CommandText{"rhumb import gdnsd", "", "", "rhumb import gdnsd /etc/gdnsd --out rhumb", ""},
    CommandText{"rhumb import geodns", "", "", "rhumb import geodns dns/example.com.json --out rhumb", ""},
    CommandText{"rhumb import route53", "", "",
                "rhumb import route53 zone.json --health-checks checks.json --out rhumb", ""},
    CommandText{"rhumb token", kPreparing,
                "Prints it once, and the line for the \"tokens_file\" of the configuration, which has only its digest.",
                "rhumb token operate deploy@example.com", kUsualStatuses},
    CommandText{
        "rhumb completion", kOther,
        "The shell then asks this program what fits: commands, options and files, and the regions, services and zones "
        "of the configuration.",
        "# bash: now, and for good\n"
        "source <(rhumb completion bash)\n"
        "rhumb completion bash > /usr/share/bash-completion/completions/rhumb\n"
        "# zsh: into a directory of $fpath\n"
        "rhumb completion zsh > /usr/local/share/zsh/site-functions/_rhumb\n"
        "# fish\n"
        "rhumb completion fish > ~/.config/fish/completions/rhumb.fish",
        kUsualStatuses},
};

}  // namespace

std::span<const std::string_view> command_groups() noexcept {
  return kGroups;
}

CommandText text_of(std::string_view command) noexcept {
  const auto* const found =
      std::find_if(kTexts.begin(), kTexts.end(), [&](const CommandText& text) { return text.command == command; });
  return found == kTexts.end() ? CommandText{command, kOther, "", "", kUsualStatuses} : *found;
}

}  // namespace rhumb::cli
