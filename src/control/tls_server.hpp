// TLS as a server: the certificate that it shows.
#pragma once

#include <memory>
#include <string>

#include <boost/asio/ssl/context.hpp>

namespace rhumb::control {

// Immutable once made; safe to use from any thread.
class TlsServer {
 public:
  // Both are texts in PEM form; `certificate` may have its chain after it. Throws std::runtime_error that says what is
  // wrong with them.
  TlsServer(const std::string& certificate, const std::string& key);

  [[nodiscard]] boost::asio::ssl::context& context() const noexcept { return *context_; }

 private:
  std::unique_ptr<boost::asio::ssl::context> context_;
};

}  // namespace rhumb::control
