#include "health/http_connection.hpp"

#include <sys/socket.h>

#include <cerrno>
#include <utility>

#include <openssl/bio.h>
#include <openssl/ssl.h>

namespace rhumb::health {

HttpConnection::HttpConnection(const boost::asio::any_io_executor& executor, const Target& target)
    : stream(executor), address(target.address), opened(std::chrono::steady_clock::now()) {
  if (target.check.tls) secured.emplace(stream, target.check.tls->context());
}

bool HttpConnection::is_quiet() {
  if (secured) {
    SSL* const native = secured->native_handle();
    if (SSL_has_pending(native) == 1 || BIO_pending(SSL_get_rbio(native)) > 0) return false;
  }
  char octet = 0;
  const auto size = recv(stream.socket().native_handle(), &octet, 1, MSG_PEEK | MSG_DONTWAIT);
  return size < 0 && (errno == EAGAIN || errno == EWOULDBLOCK);
}

std::unique_ptr<HttpConnection> take_kept(std::unique_ptr<HttpConnection>& kept, const Target& target,
                                          std::chrono::steady_clock::time_point now) {
  auto connection = std::move(kept);
  if (!connection || connection->address != target.address || now - connection->opened > kKeptFor) return nullptr;
  return connection->is_quiet() ? std::move(connection) : nullptr;
}

}  // namespace rhumb::health
