package docs

// document is as much of OpenAPI 3.1 as the reference shows. Members keep the
// order in which they stand.
type document struct {
	Info struct {
		Title         string `yaml:"title"`
		Version       string `yaml:"version"`
		Summary       string `yaml:"summary"`
		Description   string `yaml:"description"`
		DescriptionZH string `yaml:"x-description-zh"`
	} `yaml:"info"`
	Tags       []tag             `yaml:"tags"`
	Paths      ordered[pathItem] `yaml:"paths"`
	Webhooks   ordered[pathItem] `yaml:"webhooks"`
	Components struct {
		Parameters ordered[parameter]   `yaml:"parameters"`
		Headers    ordered[header]      `yaml:"headers"`
		Responses  ordered[apiResponse] `yaml:"responses"`
		Schemas    ordered[schema]      `yaml:"schemas"`
	} `yaml:"components"`
}

type tag struct {
	Name          string `yaml:"name"`
	NameZH        string `yaml:"x-name-zh"`
	Description   string `yaml:"description"`
	DescriptionZH string `yaml:"x-description-zh"`
}

type pathItem = ordered[apiOperation] // by method

type apiOperation struct {
	ID          string               `yaml:"operationId"`
	Tags        []string             `yaml:"tags"`
	Summary     string               `yaml:"summary"`
	TitleZH     string               `yaml:"x-title-zh"`
	SummaryZH   string               `yaml:"x-summary-zh"`
	Scope       string               `yaml:"x-scope"`
	Description string               `yaml:"description"`
	Parameters  []parameter          `yaml:"parameters"`
	RequestBody *body                `yaml:"requestBody"`
	Responses   ordered[apiResponse] `yaml:"responses"`
}

type parameter struct {
	Ref         string `yaml:"$ref"`
	Name        string `yaml:"name"`
	In          string `yaml:"in"`
	Required    bool   `yaml:"required"`
	Description string `yaml:"description"`
	Schema      schema `yaml:"schema"`
	Example     string `yaml:"example"`
}

type header struct {
	Ref         string `yaml:"$ref"`
	Description string `yaml:"description"`
}

type body struct {
	Required bool               `yaml:"required"`
	Content  ordered[mediaType] `yaml:"content"`
}

type mediaType struct {
	Schema   schema           `yaml:"schema"`
	Examples ordered[example] `yaml:"examples"`
}

type example struct {
	Summary string `yaml:"summary"`
	Value   value  `yaml:"value"`
}

type apiResponse struct {
	Ref         string             `yaml:"$ref"`
	Description string             `yaml:"description"`
	Codes       []string           `yaml:"x-codes"`
	Headers     ordered[header]    `yaml:"headers"`
	Content     ordered[mediaType] `yaml:"content"`
}

// schema is a JSON Schema, limited to the keywords that the document uses.
type schema struct {
	Ref         string             `yaml:"$ref"`
	Type        oneOrMany          `yaml:"type"`
	Format      string             `yaml:"format"`
	Description string             `yaml:"description"`
	Enum        []string           `yaml:"enum"`
	Const       string             `yaml:"const"`
	Default     string             `yaml:"default"`
	Pattern     string             `yaml:"pattern"`
	Minimum     *int64             `yaml:"minimum"`
	Maximum     *int64             `yaml:"maximum"`
	MinLength   *int64             `yaml:"minLength"`
	MaxLength   *int64             `yaml:"maxLength"`
	MaxItems    *int64             `yaml:"maxItems"`
	MaxProps    *int64             `yaml:"maxProperties"`
	Required    []string           `yaml:"required"`
	Properties  ordered[schema]    `yaml:"properties"`
	Items       *schema            `yaml:"items"`
	OneOf       []schema           `yaml:"oneOf"`
	Errors      ordered[errorCode] `yaml:"x-errors"`
}

// errorCode is what the document says about a code besides the English table.
type errorCode struct {
	Status int    `yaml:"status"`
	ZH     string `yaml:"zh"`
	DoZH   string `yaml:"do-zh"`
}
