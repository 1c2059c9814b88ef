// Error codes of the native core and the one exception type that carries them.
#pragma once

#include <stdexcept>
#include <string>

namespace fedmtl {

/// What went wrong, in the categories a caller can act on.
enum class ErrorCode {
    InvalidOption,
    InvalidArgument,
    BadInput,
    UnknownTask,
    Disposed,
    Busy,
    Aborted,
    OutOfMemory,
    Numerical,
    Internal
};

/// The code's public name, "INVALID_ARGUMENT" and so on.
constexpr const char* codeName(ErrorCode code) noexcept {
    switch (code) {
        case ErrorCode::InvalidOption:
            return "INVALID_OPTION";
        case ErrorCode::InvalidArgument:
            return "INVALID_ARGUMENT";
        case ErrorCode::BadInput:
            return "BAD_INPUT";
        case ErrorCode::UnknownTask:
            return "UNKNOWN_TASK";
        case ErrorCode::Disposed:
            return "DISPOSED";
        case ErrorCode::Busy:
            return "BUSY";
        case ErrorCode::Aborted:
            return "ABORTED";
        case ErrorCode::OutOfMemory:
            return "OUT_OF_MEMORY";
        case ErrorCode::Numerical:
            return "NUMERICAL";
        case ErrorCode::Internal:
            break;
    }
    return "INTERNAL";
}

/// The exception of the native core: a code and one sentence that says what was given and what is allowed.
class Error : public std::runtime_error {
  public:
    Error(ErrorCode code, const std::string& message) : std::runtime_error(message), code_(code) {}

    ErrorCode code() const noexcept { return code_; }

  private:
    ErrorCode code_;
};

}  // namespace fedmtl
