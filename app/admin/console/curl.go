package console

import (
	"encoding/json"
	"maps"
	"slices"
	"strings"

	"github.com/piaohao/piaohao/app/payments"
)

// channelCurl repeats a call to a channel from a shell. The signature is left
// for the caller to make: it holds for one moment only.
func channelCurl(endpoint, body string) string {
	method, address, ok := strings.Cut(endpoint, " ")
	if !ok {
		return ""
	}
	parts := []string{"curl -X " + method + " " + quote(address)}
	if body != "" {
		if alipayMethod(body) != "" {
			return strings.Join(append(parts, formParts(body)...), " \\\n  ")
		}
		if strings.HasPrefix(strings.TrimSpace(body), "{") {
			parts = append(parts, "-H 'Content-Type: application/json'", `-H "Authorization: $SIGNATURE"`)
		}
		parts = append(parts, "-d "+quote(body))
	} else {
		parts = append(parts, `-H "Authorization: $SIGNATURE"`)
	}
	return strings.Join(parts, " \\\n  ")
}

// formParts are the parameters of a recorded form, a line each.
func formParts(body string) []string {
	var out []string
	for line := range strings.Lines(body) {
		if line = strings.TrimRight(line, "\n"); !strings.HasPrefix(line, "sign=") {
			out = append(out, "--data-urlencode "+quote(line))
		}
	}
	return append(out, `--data-urlencode "sign=$SIGNATURE"`)
}

// apiCurl repeats what the merchant's backend asked, with its key left out.
func (c *Console) apiCurl(r *request, row payments.Entry) string {
	auth := `-H "Authorization: Bearer $PIAOHAO_KEY"`
	switch row.Message {
	case "api.close":
		return strings.Join([]string{"curl -X POST " + quote(c.apiAddress(r)+"/payments/"+row.PaymentID+"/close"), auth}, " \\\n  ")
	case "api.switch": // the arguments are the method that was asked for
		return strings.Join([]string{
			"curl -X POST " + quote(c.apiAddress(r)+"/payments/"+row.PaymentID+"/attempts"), auth, "-H 'Content-Type: application/json'", "-d " + quote(row.Args),
		}, " \\\n  ")
	case "api.create", "api.replay":
		if row.Request == "" {
			return strings.Join([]string{"curl " + quote(c.apiAddress(r)+"/payments/"+row.PaymentID), auth}, " \\\n  ")
		}
		parts := []string{"curl -X POST " + quote(c.apiAddress(r)+"/payments"), auth, "-H 'Content-Type: application/json'"}
		if key := argsOf(row)["idempotency_key"]; key != "" {
			parts = append(parts, "-H "+quote("Idempotency-Key: "+key))
		}
		return strings.Join(append(parts, "-d "+quote(row.Request)), " \\\n  ")
	}
	return ""
}

// argsOf reads what a row's sentence is filled with; we wrote it.
func argsOf(row payments.Entry) map[string]string {
	var args map[string]string
	_ = json.Unmarshal([]byte(row.Args), &args)
	return args
}

// webhookCurl sends a webhook to the endpoint again, exactly as it was sent.
func webhookCurl(address, headers, body string) string {
	if !strings.HasPrefix(address, "http") {
		return ""
	}
	parts := []string{"curl -X POST " + quote(address)}
	var named map[string]string
	if json.Unmarshal([]byte(headers), &named) != nil {
		return ""
	}
	for _, name := range slices.Sorted(maps.Keys(named)) {
		parts = append(parts, "-H "+quote(name+": "+named[name]))
	}
	return strings.Join(append(parts, "--data-binary "+quote(body)), " \\\n  ")
}

// quote makes one word of a shell's command line.
func quote(s string) string { return "'" + strings.ReplaceAll(s, "'", `'\''`) + "'" }
