package admin

type noticeWords struct {
	deviceSubject string
	device        string // name, email, time, IP, browser, address
	factorSubject string
	factor        string // name, change, email, address
	changes       map[string]string

	passwordSubject string
	passwords       map[string]string

	adoptedSubject string
	adopted        string // name, email, provider, address
}

var noticesChinese = noticeWords{
	deviceSubject: "您的票号账户在新设备上登录",
	device: `%s，您好：

账户 %s 在一台新设备上登录：

时间  %s（+08:00）
IP    %s
浏览器 %s

如果是您本人，无需处理。如果不是，请立即结束该会话并修改密码：
%s
`,
	factorSubject: "您的票号账户的两步验证有变更",
	factor: `%s，您好：

%s（账户 %s）。

如果不是您本人操作，请立即登录查看，并联系平台管理员：
%s
`,
	changes: map[string]string{
		"enrolled": "身份验证器已启用", "removed": "身份验证器已停用", "codes": "恢复码已重新生成，旧恢复码全部作废",
		"reset": "平台管理员已重置您的两步验证，您的全部会话已结束",
	},
	passwordSubject: "您的票号账户的密码有变更",
	passwords: map[string]string{
		"changed": "密码已修改，其他会话均已结束", "reset": "平台管理员已重置您的密码，您的全部会话已结束",
	},
	adoptedSubject: "您的票号账户已改用单点登录",
	adopted: `%s，您好：

账户 %s 已关联到 %s，今后请由此登录。原密码已作废，其他会话均已结束。

如果不是您本人操作，请立即登录查看，并联系平台管理员：
%s
`,
}

var noticesEnglish = noticeWords{
	deviceSubject: "New sign-in to your Piaohao account",
	device: `Hello %s,

Somebody signed in to %s from a new device:

Time     %s (+08:00)
IP       %s
Browser  %s

If that was you, there is nothing to do. If not, end the session and change your password now:
%s
`,
	factorSubject: "Your Piaohao second factor changed",
	factor: `Hello %s,

%s (account %s).

If that was not you, sign in now to look, and tell your platform administrator:
%s
`,
	changes: map[string]string{
		"enrolled": "An authenticator app was set up", "removed": "The authenticator app was removed",
		"codes": "New recovery codes were made; the old ones no longer work", "reset": "A platform administrator reset your second factor; all your sessions have ended",
	},
	passwordSubject: "Your Piaohao password changed",
	passwords: map[string]string{
		"changed": "The password was changed; other sessions have ended", "reset": "A platform administrator reset your password; all your sessions have ended",
	},
	adoptedSubject: "Your Piaohao account now signs in by single sign-on",
	adopted: `Hello %s,

Your account %s is now linked to %s: sign in there from now on. Its password no longer works, and its other sessions have ended.

If that was not you, sign in now to look, and tell your platform administrator:
%s
`,
}
