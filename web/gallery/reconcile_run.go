package gallery

import (
	"context"
	"fmt"
	"time"

	"github.com/a-h/templ"

	"github.com/piaohao/piaohao/app"
	"github.com/piaohao/piaohao/web/templates/layout"
	"github.com/piaohao/piaohao/web/templates/pages"
)

func reconcileRunPages() []Page {
	return []Page{
		{"reconcile-run", func(ctx context.Context, s layout.Shell) templ.Component {
			return pages.ReconcileRunPage(reconcileRun(ctx, s))
		}},
		{"reconcile-run-working", func(ctx context.Context, s layout.Shell) templ.Component {
			v := reconcileRun(ctx, s)
			v.State, v.Again, v.Result, v.Repaired, v.Recovered, v.Transit, v.Done, v.Expected, v.EndedAt = "working", false, false, 0, nil, nil, 218_400, 1_000_000, 0
			v.Steps = runSteps("match")
			return pages.ReconcileRunPage(v)
		}},
		{"reconcile-run-waiting", func(ctx context.Context, s layout.Shell) templ.Component {
			v := blankRun(reconcileRun(ctx, s))
			v.State, v.Steps, v.NextAt = "waiting", runSteps("published"), noon.Add(20*time.Minute)
			v.Problem = &pages.RunProblem{Code: "not_ready", Kind: "trades"}
			return pages.ReconcileRunPage(v)
		}},
		{"reconcile-run-failed", func(ctx context.Context, s layout.Shell) templ.Component {
			v := blankRun(reconcileRun(ctx, s))
			v.State, v.Steps = "failed", runSteps("check")
			v.Steps[2].State = "failed"
			v.Problem = &pages.RunProblem{Code: "amount", Kind: "trades", Line: 1_204, Detail: "`12.3O"}
			v.Files = billFiles()[2:]
			v.Files[0].Superseded, v.Files[0].Problem = false, v.Problem
			v.FundsMissing = "NO_AUTH"
			return pages.ReconcileRunPage(v)
		}},
		{"reconcile-bill", func(_ context.Context, s layout.Shell) templ.Component {
			return pages.ReconcileBillPage(reconcileBill(s))
		}},
		{"reconcile-bill-no-line", func(_ context.Context, s layout.Shell) templ.Component {
			v := reconcileBill(s)
			v.Row, v.Found, v.Rows, v.Before, v.After = 99_999, false, nil, 0, 0
			v.Broken = &pages.RunProblem{Code: "truncated", Kind: "trades", Line: 3_527}
			return pages.ReconcileBillPage(v)
		}},
	}
}

func reconcileRun(ctx context.Context, s layout.Shell) pages.ReconcileRun {
	s = at(s, layout.NavReconcile)
	href := s.Scope().Base() + "/exceptions"
	return pages.ReconcileRun{
		Shell: s, ID: wechatRun, Channel: app.WeChat, Identity: "1900000001", Day: billDay, State: "exceptions", Steps: runSteps(""),
		Accounts: []pages.Choice{{ID: "acct_1", Name: word(ctx, "微信主账户", "WeChat main")}, {ID: "acct_2", Name: word(ctx, "微信门店", "WeChat stores")}},
		Files:    billFiles(), Result: true, Again: true, Executions: 2,
		Ours:   pages.DaySide{Payments: 3_482, Refunds: 41, Gross: 812_460_50, Refunded: 9_320_00},
		Theirs: pages.DaySide{Payments: 3_484, Refunds: 41, Gross: 812_768_50, Refunded: 9_320_00, Fee: 4_820_690_00, Net: 798627_81},
		Classes: []pages.RunClass{
			{Class: "matched", Count: 3_520}, {Class: "missing_here", Count: 1, Amount: 208_00, Href: href}, {Class: "amount", Count: 1, Amount: 100_00, Href: href},
			{Class: "fee", Count: 1, Amount: 1, Href: href}, {Class: "in_transit", Count: 3},
		},
		HasBalance: true, Opening: 318_220_10, Closing: 1_117_848_91, ExceptionsHref: href,
		Repaired: 1, Recovered: []pages.RecoveredRow{{Number: "att_01KASJ3V6T8C0QW2N4R5X7YZAF", PaymentID: "pay_9", Amount: 99_00, At: noon.Add(-40 * time.Hour)}},
		Transit:   transitRows()[:1],
		Requested: pages.Person{Kind: "user", Name: "finance@jinxiang.example"}, StartedAt: noon.Add(-4 * time.Hour), EndedAt: noon.Add(-4*time.Hour + 9*time.Second),
		History: []pages.RunExecution{
			{At: noon.Add(-4 * time.Hour), By: "finance@jinxiang.example"}, {At: noon.Add(-5 * time.Hour)},
		},
	}
}

// blankRun is the run before its first end.
func blankRun(v pages.ReconcileRun) pages.ReconcileRun {
	v.Result, v.HasBalance, v.Files, v.Classes, v.Recovered, v.Repaired, v.Transit, v.ExceptionsHref = false, false, nil, nil, nil, 0, nil, ""
	v.Executions, v.EndedAt, v.Requested, v.History = 1, 0, pages.Person{}, nil
	return v
}

// runSteps are the steps with those before current done; "" is after the last.
func runSteps(current string) []pages.RunStep {
	state, out := "done", []pages.RunStep{}
	for _, name := range []string{"published", "fetch", "check", "match", "repair", "commit"} {
		step := pages.RunStep{Name: name, State: state}
		if name == current {
			step.State, state = "current", "waiting"
			if name == "published" {
				step.State = "waiting"
			}
		}
		out = append(out, step)
	}
	return out
}

func reconcileBill(s layout.Shell) pages.ReconcileBill {
	v := pages.ReconcileBill{
		Shell: at(s, layout.NavReconcile), RunID: wechatRun, Channel: app.WeChat, Identity: "1900000001", Day: billDay, Kind: "trades", Kinds: []string{"trades", "funds"},
		File: billFiles()[0], Row: 1_204, Found: true, From: 1_199, Before: 1_099, After: 1_215,
		Columns: []string{"交易时间", "公众账号ID", "商户号", "特约商户号", "设备号", "微信订单号", "商户订单号", "用户标识", "交易类型", "交易状态", "付款银行", "货币种类", "应结订单金额", "代金券金额", "微信退款单号", "商户退款单号", "退款金额", "手续费", "费率"},
	}
	for i := range 16 {
		line := 1_199 + i
		v.Rows = append(v.Rows, pages.BillLine{Number: line, Marked: line == v.Row, Cells: []string{
			fmt.Sprintf("2026-11-22 14:%02d:09", i), "wx8888888888888888", "1900000001", "0", "", fmt.Sprintf("42000023412026112212345678%02d", i),
			fmt.Sprintf("att_01KASJ3V6T8C0QW2N4R5X7YZ%02d", i), "oUpF****eS6o", "NATIVE", "SUCCESS", "OTHERS", "CNY", "128.00", "0.00", "0", "0", "0.00", "0.77000", "0.60%",
		}})
	}
	v.Rows = append(v.Rows, pages.BillLine{Number: 1_215, Whole: true, Cells: []string{"总交易单数,应结订单总金额,退款总金额,充值券退款总金额,手续费总金额,订单总金额,申请退款总金额"}})
	return v
}
