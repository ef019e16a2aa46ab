package files

import "strconv"

// heads are what a file says in one language. Files outlive the console's
// translations and stand alone.
type heads struct {
	sheet   string
	columns []string
	kinds   map[string]string
	totalOf [2]string // around the number
}

func (h heads) total(n int64) string { return h.totalOf[0] + strconv.FormatInt(n, 10) + h.totalOf[1] }

func (h heads) kind(kind string) string {
	if word := h.kinds[kind]; word != "" {
		return word
	}
	return kind
}

// headsOf returns those of a locale; of an unknown one the Chinese.
func headsOf(locale string) heads {
	if locale == "en" {
		return heads{
			sheet: "Audit log",
			columns: []string{
				"Time", "Who", "Kind", "Who (id)", "IP", "Device", "Session", "Action", "Action (code)", "Target", "Target (id)",
				"Changes", "Before", "After", "Request", "Row", "Hash",
			},
			kinds:   map[string]string{"user": "User", "key": "API key", "system": "Program"},
			totalOf: [2]string{"", " rows"},
		}
	}
	return heads{
		sheet: "审计日志",
		columns: []string{
			"时间", "操作人", "类别", "操作人编号", "IP", "设备", "会话", "操作", "操作代码", "对象名称", "对象编号",
			"变更内容", "变更前", "变更后", "请求号", "序号", "哈希",
		},
		kinds:   map[string]string{"user": "用户", "key": "API 密钥", "system": "系统"},
		totalOf: [2]string{"合计 ", " 条"},
	}
}
