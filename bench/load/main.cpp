// A load generator for DNS servers on loopback that costs less than they do: `rhumb_load` without arguments says how it
// is used. It uses no room of the server.
#include <sched.h>

#include <cstdio>
#include <cstdlib>
#include <exception>

#include "generator.hpp"
#include "options.hpp"
#include "query_file.hpp"

namespace rhumb::load {
namespace {

void stay_on(unsigned core) {
  cpu_set_t set;
  CPU_ZERO(&set);
  CPU_SET(core, &set);
  if (sched_setaffinity(0, sizeof set, &set) != 0) std::perror("rhumb_load: --core");
}

double microseconds(std::uint64_t nanoseconds) {
  return static_cast<double>(nanoseconds) / 1e3;
}

void print_latencies(const LatencyHistogram& latencies) {
  std::printf("{\"count\": %llu, \"p50\": %.1f, \"p90\": %.1f, \"p99\": %.1f, \"p999\": %.1f, \"max\": %.1f}",
              static_cast<unsigned long long>(latencies.count()), microseconds(latencies.quantile_ns(0.5)),
              microseconds(latencies.quantile_ns(0.9)), microseconds(latencies.quantile_ns(0.99)),
              microseconds(latencies.quantile_ns(0.999)), microseconds(latencies.max_ns()));
}

void print(const Outcome& outcome) {
  std::printf("{\"began_at\": %.6f, ", outcome.began_at_s);
  std::printf("\"sent\": %llu, \"answered\": %llu, \"lost\": %llu, \"seconds\": %.6f, \"queries_per_s\": %.1f, ",
              static_cast<unsigned long long>(outcome.sent), static_cast<unsigned long long>(outcome.answered),
              static_cast<unsigned long long>(outcome.lost()), outcome.seconds,
              outcome.answered == 0 ? 0.0 : static_cast<double>(outcome.answered) / outcome.seconds);
  std::printf("\"rcodes\": {");
  const char* separator = "";
  for (std::size_t rcode = 0; rcode < outcome.rcodes.size(); ++rcode) {
    if (outcome.rcodes[rcode] == 0) continue;
    std::printf("%s\"%zu\": %llu", separator, rcode, static_cast<unsigned long long>(outcome.rcodes[rcode]));
    separator = ", ";
  }
  std::printf("}, \"latency_us\": ");
  print_latencies(outcome.latencies);
  std::printf(", \"intervals\": [");
  separator = "";
  for (const LatencyHistogram& interval : outcome.intervals) {
    std::fputs(separator, stdout);
    print_latencies(interval);
    separator = ", ";
  }
  std::printf("]}\n");
}

int run(int count, char** words) {
  if (count == 1) {
    std::fputs(kUsage, stderr);
    return EXIT_FAILURE;
  }
  try {
    const Options options = parse_options(count, words);
    if (options.core) stay_on(*options.core);
    QueryFile queries(options.queries, kBatchMax);
    print(generate(options, queries));
    return EXIT_SUCCESS;
  } catch (const std::exception& error) {
    std::fprintf(stderr, "rhumb_load: %s\n", error.what());
    return EXIT_FAILURE;
  }
}

}  // namespace
}  // namespace rhumb::load

int main(int argc, char** argv) {
  return rhumb::load::run(argc, argv);
}
