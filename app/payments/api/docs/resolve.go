package docs

import "strings"

const (
	schemaPrefix    = "#/components/schemas/"
	parameterPrefix = "#/components/parameters/"
	responsePrefix  = "#/components/responses/"
)

// schema follows references; one that leads nowhere gives an empty schema,
// which a test of the document excludes.
func (d *document) schema(s schema) schema {
	for s.Ref != "" {
		s, _ = d.Components.Schemas.get(strings.TrimPrefix(s.Ref, schemaPrefix))
	}
	return s
}

func (d *document) parameter(p parameter) parameter {
	if p.Ref != "" {
		p, _ = d.Components.Parameters.get(strings.TrimPrefix(p.Ref, parameterPrefix))
	}
	return p
}

func (d *document) apiResponse(r apiResponse) apiResponse {
	if r.Ref != "" {
		r, _ = d.Components.Responses.get(strings.TrimPrefix(r.Ref, responsePrefix))
	}
	return r
}
