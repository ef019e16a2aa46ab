package docs

import "strings"

// curl writes the call as a command. {url}, {merchant} and {key} are the
// reader's to fill in; other places hold the parameters' examples.
func (l layout) curl(path, method string, op apiOperation) string {
	lines := []string{}
	for _, p := range op.Parameters {
		p = l.parameter(p)
		switch p.In {
		case "path":
			path = strings.ReplaceAll(path, "{"+p.Name+"}", p.Example)
		case "header":
			lines = append(lines, `-H "`+p.Name+": "+p.Example+`"`)
		}
	}
	body := ""
	if op.RequestBody != nil {
		for _, c := range op.RequestBody.Content {
			if len(c.Value.Examples) > 0 {
				body = string(c.Value.Examples[0].Value.Value)
			}
		}
	}
	if body != "" {
		lines = append(lines, `-H "Content-Type: application/json"`, "-d '"+strings.ReplaceAll(body, "'", `'\''`)+"'")
	}
	command := "curl "
	if method != "GET" && (method != "POST" || body == "") {
		command += "-X " + method + " "
	}
	head := []string{command + `"{url}/v1/merchants/{merchant}` + path + `"`, `-H "Authorization: Bearer {key}"`}
	return strings.Join(append(head, lines...), " \\\n  ")
}
