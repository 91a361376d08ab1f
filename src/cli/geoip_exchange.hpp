// A geo database is exchanged for another one while a server may run: as a whole, or not at all.
#pragma once

#include <filesystem>

namespace rhumb::cli {

struct Exchange {
  std::filesystem::path config_file;  // of the server that is to read it
  std::filesystem::path file;         // what is put
  std::filesystem::path database;     // into the place of this one
  bool accepts_moves = false;         // however many clients it moves
};

// Keeps what is in the place as a version, puts the other one there, has the running server read it, if there is one,
// and prints what came of it. When the server refuses, what was there is put back. The exit status: 0, or 1. Throws
// what database_versions.hpp says, with nothing changed but perhaps a version kept, and control::Unreachable when the
// server does not say what came of it: then the new one is in place.
int exchange(const Exchange& exchange);

}  // namespace rhumb::cli
