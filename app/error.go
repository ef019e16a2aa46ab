// Package app holds the words every other package speaks: coded errors, money
// in fen, identifiers and the clock. It imports nothing of the project.
package app

import (
	"errors"
	"fmt"
)

// Code classifies an Error by what its reader can do about it. Each surface
// (REST, console, callbacks) maps codes to its own answers in one file.
type Code string

// The codes, and what they tell the caller.
const (
	Invalid         Code = "invalid"         // the input is wrong: correct it
	Unauthenticated Code = "unauthenticated" // we do not know who asks
	Forbidden       Code = "forbidden"       // we know, and they may not
	NotFound        Code = "not_found"       // missing, or not the caller's
	Conflict        Code = "conflict"        // the object's state or content does not allow it
	Declined        Code = "declined"        // a channel refused for certain
	OutcomeUnknown  Code = "outcome_unknown" // it may have happened: ask, never assume
	RateLimited     Code = "rate_limited"    // too fast: slow down
	Unavailable     Code = "unavailable"     // a dependency is down: try again later
	Internal        Code = "internal"        // our fault
)

// Error is the project's error: a code for programs, a reason for API clients,
// a message for people, and where it applies the field it is about. The cause
// is for logs only; surfaces never show it.
type Error struct {
	Code    Code
	Reason  string // the stable API code, such as "order_no_conflict"; empty means the Code itself
	Message string
	Field   string       // dotted path of the input it is about, such as "payer.openid"
	Fields  []FieldError // several wrong fields at once
	Channel *Refusal     // what a channel said, untranslated
	Details map[string]string
	cause   error
}

// FieldError is one wrong field of an input.
type FieldError struct {
	Field   string `json:"field"`
	Code    string `json:"code"`
	Message string `json:"message"`
}

// Refusal is a channel's own answer, kept verbatim.
type Refusal struct {
	Name    string `json:"name"`
	Code    string `json:"code"`
	Message string `json:"message"`
}

// Errorf makes an Error of the code with a formatted message. A %w operand
// becomes its cause.
func Errorf(code Code, format string, args ...any) *Error {
	wrapped := fmt.Errorf(format, args...)
	return &Error{Code: code, Message: wrapped.Error(), cause: errors.Unwrap(wrapped)}
}

// InvalidField is the Error of one wrong input field. code is a short stable
// word such as "required", "too_long" or "unknown_field".
func InvalidField(field, code, format string, args ...any) *Error {
	message := fmt.Sprintf(format, args...)
	return &Error{
		Code: Invalid, Reason: "invalid_request", Field: field, Message: message,
		Fields: []FieldError{{Field: field, Code: code, Message: message}},
	}
}

// WithReason sets the stable API code and returns the error.
func (e *Error) WithReason(reason string) *Error { e.Reason = reason; return e }

// WithCause sets the cause and returns the error.
func (e *Error) WithCause(err error) *Error { e.cause = err; return e }

// WithDetail adds a named fact for the caller, such as a payment's id.
func (e *Error) WithDetail(name, value string) *Error {
	if e.Details == nil {
		e.Details = map[string]string{}
	}
	e.Details[name] = value
	return e
}

// Error returns the message and, for logs, the cause behind it.
func (e *Error) Error() string {
	if e.cause != nil && e.cause.Error() != "" {
		return fmt.Sprintf("%s: %s (%v)", e.Code, e.Message, e.cause)
	}
	return fmt.Sprintf("%s: %s", e.Code, e.Message)
}

// Unwrap returns the cause.
func (e *Error) Unwrap() error { return e.cause }

// CodeOf returns the code of the first Error in err's chain, Internal when
// there is none, and "" for nil.
func CodeOf(err error) Code {
	if err == nil {
		return ""
	}
	var e *Error
	if errors.As(err, &e) {
		return e.Code
	}
	return Internal
}

// Is reports whether err carries the code.
func Is(err error, code Code) bool { return err != nil && CodeOf(err) == code }
