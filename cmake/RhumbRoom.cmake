# Precompiled headers: what most rooms and what all tests include. They halve the time of a full build. The fuzz preset
# builds without them, so that a source that leans on them instead of its own includes is found.
#
# The presets that are built whole each time (all but debug and fuzz) compile a room's sources as one, in a seventh of the time:
# so what a source keeps to itself needs a name that no other source of its room uses.
add_library(rhumb_common STATIC ${CMAKE_CURRENT_LIST_DIR}/common.cpp)
target_link_libraries(rhumb_common PUBLIC fmt::fmt)
target_precompile_headers(rhumb_common PRIVATE
  <algorithm> <array> <cstdint> <filesystem> <functional> <map> <memory> <optional> <set> <span> <string> <string_view>
  <thread> <unordered_map> <utility> <vector> <fmt/format.h>)

# rhumb_room(NAME SOURCES … [USES …] [LIBRARIES …])
# One static library a room. USES names the rooms that it may include; what is not named does not link.
# LIBRARIES are the outside libraries that it and those who use it link with.
function(rhumb_room name)
  cmake_parse_arguments(ROOM "" "" "SOURCES;USES;LIBRARIES" ${ARGN})
  add_library(rhumb_${name} STATIC ${ROOM_SOURCES})
  target_include_directories(rhumb_${name} PUBLIC ${PROJECT_SOURCE_DIR}/src)
  list(TRANSFORM ROOM_USES PREPEND rhumb_)
  target_link_libraries(rhumb_${name} PUBLIC ${ROOM_USES} ${ROOM_LIBRARIES})
  target_precompile_headers(rhumb_${name} REUSE_FROM rhumb_common)
endfunction()

# rhumb_room_test(NAME SOURCES … [ALONE …] [LIBRARIES …] [THREADS])
# One test program a room, NAME_test, run by ctest test by test so that they run in parallel; labelled with the room.
# THREADS says that its tests run several threads: the thread sanitizer's build has only those. ALONE names sources that
# use names that others of the program use too.
function(rhumb_room_test name)
  cmake_parse_arguments(ROOM "THREADS" "" "SOURCES;ALONE;LIBRARIES" ${ARGN})
  if(RHUMB_SANITIZE STREQUAL "thread" AND NOT ROOM_THREADS)
    return()
  endif()
  add_executable(${name}_test ${ROOM_SOURCES} ${ROOM_ALONE})
  set_source_files_properties(${ROOM_ALONE} PROPERTIES SKIP_UNITY_BUILD_INCLUSION ON)
  target_link_libraries(${name}_test PRIVATE rhumb_${name} rhumb_test_support ${ROOM_LIBRARIES} GTest::gmock GTest::gtest_main)
  target_precompile_headers(${name}_test REUSE_FROM rhumb_test_support)
  target_compile_definitions(${name}_test PRIVATE RHUMB_TEST_DATA="${PROJECT_SOURCE_DIR}/tests/data")
  gtest_discover_tests(${name}_test DISCOVERY_MODE PRE_TEST PROPERTIES TIMEOUT 120 LABELS ${name})
endfunction()

# rhumb_room_bench(NAME SOURCES … [LIBRARIES …])
# The micro-benchmarks of a room, NAME_bench; `./dev bench` runs all of them.
function(rhumb_room_bench name)
  cmake_parse_arguments(ROOM "" "" "SOURCES;LIBRARIES" ${ARGN})
  add_executable(${name}_bench ${ROOM_SOURCES})
  target_link_libraries(${name}_bench PRIVATE rhumb_${name} ${ROOM_LIBRARIES} benchmark::benchmark_main)
  set_target_properties(${name}_bench PROPERTIES RUNTIME_OUTPUT_DIRECTORY ${PROJECT_BINARY_DIR}/bench)
  add_dependencies(rhumb_benchmarks ${name}_bench)
endfunction()
