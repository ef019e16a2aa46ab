package console

import (
	"encoding/json"
	"net/url"
	"strconv"
	"strings"

	"github.com/piaohao/piaohao/app/payments"
	"github.com/piaohao/piaohao/web/templates/components"
)

// askedFrom is where a request came from, and the key that makes it safe to
// repeat.
func askedFrom(args map[string]string) []components.StepFact {
	var out []components.StepFact
	if ip := args["ip"]; ip != "" {
		out = append(out, components.StepFact{Key: "timeline_meta.from", Value: ip})
	}
	if key := args["idempotency_key"]; key != "" {
		out = append(out, components.StepFact{Key: "timeline_meta.idempotency_key", Value: key})
	}
	return out
}

// called is what was called at the channel, and its HTTP status. All of Alipay's
// methods have one address, so they are named by themselves.
func called(row payments.Entry, args map[string]string) []components.StepFact {
	var out []components.StepFact
	if method := alipayMethod(row.Request); method != "" {
		out = append(out, components.StepFact{Value: method})
	} else if verb, address, found := strings.Cut(args["endpoint"], " "); found {
		if u, err := url.Parse(address); err == nil {
			out = append(out, components.StepFact{Value: verb + " " + u.Path})
		}
	}
	if status := args["status"]; status != "" && status != "0" {
		out = append(out, components.StepFact{Key: "timeline_meta.status", Value: status})
	}
	return out
}

// alipayMethod is the method that a recorded request to Alipay's gateway names.
func alipayMethod(request string) string {
	for line := range strings.Lines(request) {
		if method, found := strings.CutPrefix(line, "method="); found {
			return strings.TrimSpace(method)
		}
	}
	return ""
}

// answer is what a channel said to a call.
type answer struct {
	result      string
	code, words string // of what it did not do; "" where it did
}

// saidBy reads a channel's answer: its own code and words about a call that it
// refused. Alipay says with HTTP 200 what it refuses.
func saidBy(row payments.Entry) answer {
	out := answer{result: row.Result}
	if node, found := alipayNode(row.Response); found {
		if node.Code == alipayDone {
			return out
		}
		out.code, out.words = node.Code, node.Code+" "+node.Message
		if node.SubCode != "" {
			out.code, out.words = node.SubCode, node.SubCode+" "+node.SubMessage
		}
		switch {
		case node.Code == alipayWaiting: // the payer has yet to confirm
		case out.code == alipayUnscanned: // as every code that nobody scanned yet
		case node.Code == alipayUnknown:
			out.result = payments.ResultUnknown
		case out.result == payments.ResultOK:
			out.result = payments.ResultRefused
		}
		return out
	}
	var said struct{ Code, Message string }
	if row.Result != payments.ResultOK && json.Unmarshal([]byte(row.Response), &said) == nil && said.Code != "" {
		out.code, out.words = said.Code, said.Code+" "+said.Message
	}
	return out
}

// Alipay's codes that are no refusals: "Common error codes" of its open platform.
const (
	alipayDone    = "10000"
	alipayWaiting = "10003"
	alipayUnknown = "20000"

	alipayUnscanned = "ACQ.TRADE_NOT_EXIST"
)

type alipayAnswer struct {
	Code       string `json:"code"`
	Message    string `json:"msg"`
	SubCode    string `json:"sub_code"`
	SubMessage string `json:"sub_msg"`
}

// alipayNode is the answer's own part of what Alipay's gateway sent.
func alipayNode(response string) (alipayAnswer, bool) {
	var parts map[string]json.RawMessage
	if json.Unmarshal([]byte(response), &parts) != nil {
		return alipayAnswer{}, false
	}
	for name, part := range parts {
		var node alipayAnswer
		if strings.HasPrefix(name, "alipay_") || name == "error_response" {
			if json.Unmarshal(part, &node) == nil && node.Code != "" {
				return node, true
			}
		}
	}
	return alipayAnswer{}, false
}

// ourReply is what the channel was answered: what was set aside or waits comes
// again.
func ourReply(row payments.Entry) components.StepFact {
	switch row.Message {
	case "notification.verified", "notification.repeated":
		return components.StepFact{Key: "timeline_meta.accepted", Value: replies[row.ActorName].taken}
	case "notification.probe":
		return components.StepFact{Key: "timeline_meta.accepted", Value: replies[row.ActorName].again}
	}
	return components.StepFact{Key: "timeline_meta.not_accepted", Value: replies[row.ActorName].again}
}

// replies are the literal answers of package callback.
var replies = map[string]struct{ taken, again string }{
	"wechat": {"204", "FAIL"},
	"alipay": {"success", "fail"},
}

// numberRepeats counts how often a notification of one kind about one thing came
// again. The first is no repetition where a query had told of it before.
func numberRepeats(entries []components.Entry) {
	seen := map[string]int{}
	for i, e := range entries {
		about := e.Args["type"] + " " + e.Args["refund"]
		switch {
		case e.Message == "notification.repeated" && seen[about] == 0:
			entries[i].Message = "notification.known"
		case e.Message == "notification.repeated":
			entries[i].Args["n"] = strconv.Itoa(seen[about])
		case e.Message != "notification.verified":
			continue
		}
		seen[about]++
	}
}
