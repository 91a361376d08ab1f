#include "control/tls_server.hpp"

#include <stdexcept>

#include <boost/asio/buffer.hpp>
#include <boost/system/error_code.hpp>
#include <fmt/format.h>
#include <openssl/ssl.h>

namespace rhumb::control {
namespace {

namespace asio = boost::asio;

[[noreturn]] void fail(const char* what, const boost::system::error_code& error) {
  throw std::runtime_error(fmt::format("{}: {}", what, error.message()));
}

}  // namespace

TlsServer::TlsServer(const std::string& certificate, const std::string& key)
    : context_(std::make_unique<asio::ssl::context>(asio::ssl::context::tls_server)) {
  boost::system::error_code error;
  SSL_CTX_set_min_proto_version(context_->native_handle(), TLS1_2_VERSION);
  context_->use_certificate_chain(asio::buffer(certificate), error);
  if (error) fail("the certificate cannot be read", error);
  context_->use_private_key(asio::buffer(key), asio::ssl::context::pem, error);
  if (error) fail("the key cannot be read, or is not that of the certificate", error);
  if (SSL_CTX_check_private_key(context_->native_handle()) != 1) {
    throw std::runtime_error("the key is not that of the certificate");
  }
  // Resumed sessions would be kept for clients that come once a minute at the most.
  SSL_CTX_set_session_cache_mode(context_->native_handle(), SSL_SESS_CACHE_OFF);
}

}  // namespace rhumb::control
