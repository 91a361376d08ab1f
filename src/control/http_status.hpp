// The statuses with which the API answers (RFC 9110 §15, RFC 6585).
#pragma once

namespace rhumb::control {

inline constexpr int kOk = 200;
inline constexpr int kNoContent = 204;
inline constexpr int kBadRequest = 400;
inline constexpr int kUnauthorized = 401;
inline constexpr int kForbidden = 403;
inline constexpr int kNotFound = 404;
inline constexpr int kMethodNotAllowed = 405;
inline constexpr int kConflict = 409;
inline constexpr int kTooLarge = 413;
inline constexpr int kHeaderTooLarge = 431;
inline constexpr int kServerError = 500;
inline constexpr int kUnavailable = 503;

}  // namespace rhumb::control
