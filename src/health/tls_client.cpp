#include "health/tls_client.hpp"

#include <algorithm>
#include <array>
#include <cstdlib>
#include <stdexcept>
#include <string_view>
#include <utility>

#include <boost/asio/buffer.hpp>
#include <fmt/format.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>

#include "base/ip_address.hpp"

namespace rhumb::health {
namespace {

namespace ssl = boost::asio::ssl;
using boost::system::error_code;

// A certificate may have hundreds of names, and of any length.
constexpr int kNamesShown = 3;
constexpr std::size_t kNameShownMax = 64;

void require(const error_code& error, std::string_view what) {
  if (error) throw std::runtime_error(fmt::format("{}: {}", what, error.message()));
}

void add_authorities(ssl::context& context, const std::string& authorities) {
  error_code error;
  if (authorities.empty()) {
    context.set_default_verify_paths(error);
    return require(error, "the system's authorities cannot be read");
  }
  context.add_certificate_authority(boost::asio::buffer(authorities), error);
  require(error, "the authorities are no certificates in PEM form");
}

void add_own_certificate(ssl::context& context, const TlsSettings& settings) {
  if (settings.certificate.empty()) return;
  error_code error;
  context.use_certificate_chain(boost::asio::buffer(settings.certificate), error);
  require(error, "the client's certificate is none in PEM form");
  // Without this OpenSSL asks for the password at the terminal.
  context.set_password_callback([](std::size_t, ssl::context::password_purpose) { return std::string(); }, error);
  context.use_private_key(boost::asio::buffer(settings.key), ssl::context::pem, error);
  require(error, "the client's key is none in PEM form without a password, or not that of its certificate");
}

// What can be shown of a name that anybody may have written.
std::string shown(const ASN1_STRING* name) {
  std::string text(reinterpret_cast<const char*>(ASN1_STRING_get0_data(name)),
                   std::min(static_cast<std::size_t>(ASN1_STRING_length(name)), kNameShownMax));
  for (char& c : text)
    c = c > ' ' && c < 0x7F ? c : '?';
  return text;
}

std::string address_text(const ASN1_OCTET_STRING* octets) {
  const unsigned char* data = ASN1_STRING_get0_data(octets);
  const int size = ASN1_STRING_length(octets);
  if (size != kBitsV4 / 8 && size != kBitsV6 / 8) return "?";
  IpAddress address{0, size == kBitsV4 / 8 ? Family::v4 : Family::v6};
  for (int i = 0; i < size; ++i)
    address.bits = address.bits << 8 | data[i];
  return address.to_string();
}

// "other.example, *.other.example and 7 more"
std::string names_of(const X509* certificate) {
  const std::unique_ptr<GENERAL_NAMES, decltype(&GENERAL_NAMES_free)> names(
      static_cast<GENERAL_NAMES*>(X509_get_ext_d2i(certificate, NID_subject_alt_name, nullptr, nullptr)),
      &GENERAL_NAMES_free);
  std::string text;
  int count = 0;
  for (int i = 0; names && i < sk_GENERAL_NAME_num(names.get()); ++i) {
    const GENERAL_NAME* name = sk_GENERAL_NAME_value(names.get(), i);
    if (name->type != GEN_DNS && name->type != GEN_IPADD) continue;
    if (++count > kNamesShown) continue;
    text += count > 1 ? ", " : "";
    text += name->type == GEN_DNS ? shown(name->d.dNSName) : address_text(name->d.iPAddress);
  }
  if (count > kNamesShown) text += fmt::format(" and {} more", count - kNamesShown);
  return count > 0 ? text : "no name";
}

std::string problem_of(X509_STORE_CTX* verification, const std::string& name) {
  const int error = X509_STORE_CTX_get_error(verification);
  const X509* certificate = X509_STORE_CTX_get_current_cert(verification);
  const bool is_other_name = error == X509_V_ERR_HOSTNAME_MISMATCH || error == X509_V_ERR_IP_ADDRESS_MISMATCH;
  if (is_other_name && certificate != nullptr) {
    return fmt::format("certificate is for {}, not {}", names_of(certificate), name);
  }
  const bool is_own = X509_STORE_CTX_get_error_depth(verification) == 0;
  return fmt::format("{}{}", X509_verify_cert_error_string(error), is_own ? "" : " (an authority's)");
}

}  // namespace

TlsClient::TlsClient(TlsSettings settings)
    : settings_(std::move(settings)), context_(std::make_unique<ssl::context>(ssl::context::tls_client)) {
  SSL_CTX* const native = context_->native_handle();
  SSL_CTX_set_min_proto_version(native, TLS1_2_VERSION);
  SSL_CTX_set_max_cert_list(native, kCertificatesMax);
  SSL_CTX_set_options(native, SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_TICKET);
  if (settings_.is_verified) add_authorities(*context_, settings_.authorities);
  add_own_certificate(*context_, settings_);
}

void TlsClient::prepare(Stream& stream, const std::string& host, std::string& problem) const {
  SSL* const native = stream.native_handle();
  const std::string name = settings_.server_name.empty() ? without_port(host) : settings_.server_name;
  const bool is_address = IpAddress::parse(name).has_value();
  if (!is_address) SSL_set_tlsext_host_name(native, name.c_str());  // RFC 6066 §3: addresses are not sent
  if (!settings_.is_verified) return;

  X509_VERIFY_PARAM* const wanted = SSL_get0_param(native);
  X509_VERIFY_PARAM_set_hostflags(wanted, X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS);
  // Neither fails but for want of memory; a name that was not set would leave any certificate good.
  const int is_set = is_address ? X509_VERIFY_PARAM_set1_ip_asc(wanted, name.c_str())
                                : X509_VERIFY_PARAM_set1_host(wanted, name.c_str(), name.size());
  if (is_set != 1) throw std::bad_alloc();
  stream.set_verify_mode(ssl::verify_peer);
  stream.set_verify_callback([&problem, name](bool is_good, ssl::verify_context& context) {
    if (!is_good) problem = problem_of(context.native_handle(), name);
    return is_good;
  });
}

void TlsClient::offer_http2(Stream& stream) {
  // A list of names with their lengths. It fails only for want of memory.
  const std::array<unsigned char, 3> names = {2, 'h', '2'};
  if (SSL_set_alpn_protos(stream.native_handle(), names.data(), names.size()) != 0) throw std::bad_alloc();
}

bool TlsClient::is_http2(Stream& stream) {
  const unsigned char* name = nullptr;
  unsigned int size = 0;
  SSL_get0_alpn_selected(stream.native_handle(), &name, &size);
  return std::string_view(reinterpret_cast<const char*>(name), size) == "h2";
}

std::string TlsClient::expiry_warning(Stream& stream) const {
  const X509* certificate = SSL_get0_peer_certificate(stream.native_handle());
  int days = 0;
  int seconds = 0;
  if (certificate == nullptr || settings_.expiry_warning_days == 0 ||
      ASN1_TIME_diff(&days, &seconds, nullptr, X509_get0_notAfter(certificate)) != 1)
    return {};
  if (days >= settings_.expiry_warning_days) return {};
  if (days < 0 || seconds < 0) return "its certificate has expired";
  return fmt::format("its certificate expires in {} {}", days, days == 1 ? "day" : "days");
}

std::string without_port(const std::string& host) {
  if (host.starts_with('[')) return host.substr(1, host.find(']') - 1);
  const std::size_t colon = host.find(':');
  const bool is_v6 = colon != std::string::npos && host.find(':', colon + 1) != std::string::npos;
  return is_v6 ? host : host.substr(0, colon);
}

}  // namespace rhumb::health
