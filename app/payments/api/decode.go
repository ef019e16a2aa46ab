package api

import (
	"errors"
	"mime"
	"strings"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
	"github.com/gofiber/fiber/v2"

	"github.com/piaohao/piaohao/app"
)

// maxBody is the largest body that is read, in bytes.
const maxBody = 256 << 10

// decode reads the body into v, strictly: one JSON value, known members spelled
// exactly, none twice, integers where integers are due. Its Invalid errors name
// the member.
func decode(c *fiber.Ctx, v any) error {
	if err := checkBody(c); err != nil {
		return err
	}
	return decodeJSON(c.BodyRaw(), v)
}

func checkBody(c *fiber.Ctx) error {
	if len(c.BodyRaw()) > maxBody {
		return app.Errorf(app.Invalid, "the body is larger than 256 KiB").WithReason("body_too_large")
	}
	kind, _, err := mime.ParseMediaType(c.Get(fiber.HeaderContentType))
	if err != nil || kind != fiber.MIMEApplicationJSON {
		return app.Errorf(app.Invalid, "send the body as Content-Type: application/json").WithReason("unsupported_media_type")
	}
	if enc := c.Get(fiber.HeaderContentEncoding); enc != "" && enc != "identity" {
		return app.Errorf(app.Invalid, "send the body without Content-Encoding").WithReason("unsupported_media_type")
	}
	return nil
}

func decodeJSON(body []byte, v any) error {
	err := json.Unmarshal(body, v, json.RejectUnknownMembers(true))
	if err == nil {
		return nil
	}
	var semantic *json.SemanticError
	if errors.As(err, &semantic) {
		field := fieldName(semantic.JSONPointer)
		if errors.Is(semantic.Err, json.ErrUnknownName) {
			return app.InvalidField(field, "unknown_field", "unknown field %q", field)
		}
		return app.InvalidField(field, "wrong_type", "%s has the wrong type: %s expected", describe(field), expected(semantic))
	}
	var syntactic *jsontext.SyntacticError
	if errors.As(err, &syntactic) {
		if errors.Is(syntactic.Err, jsontext.ErrDuplicateName) {
			field := fieldName(syntactic.JSONPointer)
			return app.InvalidField(field, "duplicate_field", "field %q stands twice", field)
		}
		return app.Errorf(app.Invalid, "the body is not valid JSON at byte %d", syntactic.ByteOffset).WithReason("malformed_json")
	}
	return app.Errorf(app.Invalid, "the body is not one JSON object").WithReason("malformed_json")
}

// fieldName turns "/payer/openid" into "payer.openid".
func fieldName(p jsontext.Pointer) string {
	var parts []string
	for token := range p.Tokens() {
		parts = append(parts, token)
	}
	return strings.Join(parts, ".")
}

func describe(field string) string {
	if field == "" {
		return "the body"
	}
	return field
}

// expected says in JSON's words what a member should have been.
func expected(e *json.SemanticError) string {
	if e.GoType == nil {
		return "another type"
	}
	name := strings.TrimPrefix(e.GoType.String(), "*")
	switch {
	case strings.Contains(name, "int") || strings.HasSuffix(name, "Money"):
		return "an integer in fen, without quotes, fraction or exponent"
	case strings.HasPrefix(name, "map") || e.GoType.Kind().String() == "struct":
		return "an object"
	case strings.HasPrefix(name, "[]"):
		return "an array"
	case name == "bool":
		return "true or false"
	case name == "time.Time":
		return "an RFC 3339 time with zone"
	}
	return "a string"
}
