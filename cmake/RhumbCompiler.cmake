# Language level, warnings, sanitizers and the linker, for every target below.
set(CMAKE_CXX_STANDARD 20)
set(CMAKE_CXX_STANDARD_REQUIRED ON)
set(CMAKE_CXX_EXTENSIONS OFF)
set(CMAKE_EXPORT_COMPILE_COMMANDS ON)
set(CMAKE_POSITION_INDEPENDENT_CODE OFF)

add_compile_options(-Wall -Wextra -Wpedantic -Wconversion -Wshadow)
if(RHUMB_WERROR)
  add_compile_options(-Werror)
endif()
# Where a room's sources are compiled as one, what a source keeps to itself comes by an #include, which g++ takes for a header's.
if(CMAKE_UNITY_BUILD AND CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
  add_compile_options(-Wno-subobject-linkage)
endif()

# Which of them there are is also told to the sources: what tells them itself has another name in each compiler.
if(RHUMB_SANITIZE)
  add_compile_options(-fsanitize=${RHUMB_SANITIZE} -fno-sanitize-recover=all -fno-omit-frame-pointer)
  add_link_options(-fsanitize=${RHUMB_SANITIZE})
  if(RHUMB_SANITIZE MATCHES "address")
    add_compile_definitions(RHUMB_ADDRESS_SANITIZER)
  elseif(RHUMB_SANITIZE MATCHES "thread")
    add_compile_definitions(RHUMB_THREAD_SANITIZER)
  endif()
  if(CMAKE_CXX_COMPILER_ID STREQUAL "Clang")
    # Checks calls through pointers to functions of another type, with data before each function that clang 14 cannot
    # place before the parts of a coroutine: it does not compile Asio's.
    add_compile_options(-fno-sanitize=function)
  else()
    # GCC 12 misjudges std::string in instrumented code (GCC bugs 105329, 105651; its manual warns of it): these stay
    # warnings here, and are errors in the plain build.
    add_compile_options(-Wno-error=array-bounds -Wno-error=restrict -Wno-error=stringop-overflow -Wno-error=stringop-overread
                        -Wno-error=maybe-uninitialized)
  endif()
endif()

# mold links the test programs in a tenth of the time of GNU ld; without it the default linker does.
find_program(RHUMB_MOLD mold)
if(RHUMB_MOLD)
  add_link_options(-fuse-ld=mold)
endif()
