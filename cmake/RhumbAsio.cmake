# Boost.Asio and Boost.Beast, compiled once for every room that waits on sockets (health, transport, control).
# Header-only they would be compiled again into each source that includes them. A room takes part with
# `LIBRARIES rhumb_asio`; it must not include Asio without it, for the definitions below change Asio's types.
add_library(rhumb_asio STATIC ${CMAKE_CURRENT_LIST_DIR}/asio.cpp)
target_compile_definitions(rhumb_asio PUBLIC
  BOOST_ASIO_SEPARATE_COMPILATION BOOST_BEAST_SEPARATE_COMPILATION BOOST_ASIO_NO_DEPRECATED)
target_link_libraries(rhumb_asio PUBLIC Boost::headers OpenSSL::SSL Threads::Threads)

# Two warnings of g++ 12 about Asio's headers that only some builds show and nothing of ours can avoid:
# - mismatched-new-delete, optimized: it inlines the allocation of a coroutine frame but not its release and takes Asio's
#   own pair of operators for a mismatch (GCC bug 109224). The address sanitizer checks the same thing and finds nothing.
# - tsan, thread sanitizer: Asio's fences are not understood by it. They come on top of Asio's locks, which it does see.
target_compile_options(rhumb_asio PUBLIC $<$<CXX_COMPILER_ID:GNU>:-Wno-mismatched-new-delete>)
if(RHUMB_SANITIZE STREQUAL "thread")
  target_compile_options(rhumb_asio PUBLIC $<$<CXX_COMPILER_ID:GNU>:-Wno-tsan>)
endif()
