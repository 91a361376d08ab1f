// What the sanitizers are told, in every program that runs the targets. They look these functions up by name; in builds
// without them nobody does.

// What other libraries leak, so that what we leak does not hide among it: libldns when it refuses some records
// (IPSECKEY for one), libmaxminddb 1.7.1 when it refuses some metadata. It is little, and only while loading.
extern "C" const char* __lsan_default_suppressions();  // NOLINT(bugprone-reserved-identifier,cert-dcl37-c)
extern "C" const char* __lsan_default_suppressions() {
  return "leak:libldns\nleak:libmaxminddb\n";
}
