// TLS as a client that checks the other side: what it trusts, how it names itself, and what is wrong, in words.
//
// One for all targets of a check: the authorities of a system are some 140 certificates, which take 20 ms and a
// megabyte to read. OpenSSL does the rest.
#pragma once

#include <memory>
#include <string>
#include <tuple>

#include <boost/asio/ssl/context.hpp>
#include <boost/asio/ssl/stream.hpp>
#include <boost/beast/core/tcp_stream.hpp>

namespace rhumb::health {

// Certificates and keys are texts in PEM form.
struct TlsSettings {
  std::string authorities = {};  // empty: those of the system
  std::string server_name = {};  // sent, and verified; empty: the host that is probed
  bool is_verified = true;       // whether the certificate must be good, and be the server's
  std::string certificate = {};  // of the client, and its chain; empty: none is shown
  std::string key = {};
  int expiry_warning_days = 14;  // a certificate that ends in fewer is warned about; 0: none is

  friend bool operator==(const TlsSettings&, const TlsSettings&) = default;
  friend bool operator<(const TlsSettings& a, const TlsSettings& b) {
    const auto all = [](const TlsSettings& of) {
      return std::tie(of.authorities, of.server_name, of.is_verified, of.certificate, of.key, of.expiry_warning_days);
    };
    return all(a) < all(b);
  }
};

// Immutable once made; safe to use from any thread.
class TlsClient {
 public:
  using Stream = boost::asio::ssl::stream<boost::beast::tcp_stream&>;

  // The certificates that a server may send, in octets: OpenSSL's own limit. Two to four usual ones are 5 KB.
  static constexpr long kCertificatesMax = 100 * 1024;

  // Throws std::runtime_error that says which of the settings is wrong.
  explicit TlsClient(TlsSettings settings);

  [[nodiscard]] const TlsSettings& settings() const noexcept { return settings_; }
  [[nodiscard]] boost::asio::ssl::context& context() const noexcept { return *context_; }

  // Before the handshake with `host`, a name or an address, with or without a port. If it fails over the certificate,
  // `problem` says why; it must outlive the handshake.
  void prepare(Stream& stream, const std::string& host, std::string& problem) const;

  // Before the handshake: that HTTP/2 is to be spoken (ALPN, RFC 7301); after it: whether the server agreed.
  static void offer_http2(Stream& stream);
  [[nodiscard]] static bool is_http2(Stream& stream);

  // After the handshake: that the certificate ends soon; empty if it does not.
  [[nodiscard]] std::string expiry_warning(Stream& stream) const;

 private:
  TlsSettings settings_;
  std::unique_ptr<boost::asio::ssl::context> context_;
};

// The name or address of "www.example.com:8443", "192.0.2.1:443", "[2001:db8::1]:443", or of one without a port.
[[nodiscard]] std::string without_port(const std::string& host);

}  // namespace rhumb::health
