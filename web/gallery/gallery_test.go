package gallery

import (
	"context"
	"errors"
	"fmt"
	"regexp"
	"strings"
	"sync"
	"testing"

	"github.com/piaohao/piaohao/web/static"
)

// rendered is every page in every variant, made once for all tests: its HTML by
// its path.
var rendered = sync.OnceValues(func() (map[string]string, error) {
	g, err := New()
	if err != nil && !errors.Is(err, static.ErrNotBuilt) {
		return nil, err // the pages need no bundle
	}
	out := map[string]string{}
	for _, p := range g.Pages() {
		for _, v := range Variants() {
			var b strings.Builder
			ctx, component := g.Render(context.Background(), p, v)
			if err := component.Render(ctx, &b); err != nil {
				return nil, fmt.Errorf("render %s: %w", Path(p, v), err)
			}
			out[strings.TrimPrefix(Path(p, v), "/")] = b.String()
		}
	}
	return out, nil
})

// each checks every page in every variant.
func each(t *testing.T, check func(t *testing.T, html string)) {
	pages, err := rendered()
	if err != nil {
		t.Fatal(err)
	}
	for path, html := range pages {
		t.Run(path, func(t *testing.T) { check(t, html) })
	}
}

func TestEverySentenceIsTranslated(t *testing.T) {
	missing := regexp.MustCompile(`⟦[^⟧]*⟧|&lt;no value&gt;`) // the second is a place that nobody fills, as a page shows it
	each(t, func(t *testing.T, html string) {
		for _, m := range missing.FindAllString(html, -1) {
			t.Errorf("untranslated: %s", m)
		}
	})
}

func TestEnglishPagesHoldNoChinese(t *testing.T) {
	han := regexp.MustCompile(`\p{Han}+`)
	allowed := map[string]bool{"票号": true, "中文": true}
	each(t, func(t *testing.T, html string) {
		if !strings.Contains(html, `<html lang="en"`) {
			return
		}
		for _, m := range han.FindAllString(html, -1) {
			if !allowed[m] && !strings.Contains(channelWords, m) {
				t.Errorf("Chinese on an English page: %s", m)
			}
		}
	})
}

// channelWords are a channel's own words, which are never translated.
const channelWords = "错误的签名 验签失败 商户证书序列号有误 请使用签名私钥匹配的证书序列号 appid和mch_id不匹配 订单不存在 交易不存在 商户号与应用不匹配 业务规则限制 余额不足" +
	" 交易时间 公众账号 商户号 特约商户号 设备号 微信订单号 商户订单号 用户标识 交易类型 交易状态 付款银行 货币种类 应结订单金额 代金券金额 微信退款单号 商户退款单号 退款金额 手续费 费率" +
	" 总交易单数 应结订单总金额 退款总金额 充值券退款总金额 手续费总金额 订单总金额 申请退款总金额"

func TestNoInlineStyleOrScript(t *testing.T) {
	inline := regexp.MustCompile(`(?i)\sstyle=|<style|<script(?:\s[^>]*)?>[^<]|\son[a-z]+=|javascript:|hx-on|hx-trigger="[^"]*\[`)
	each(t, func(t *testing.T, html string) {
		for _, m := range inline.FindAllString(html, -1) {
			t.Errorf("the security policy would block %q", m)
		}
	})
}

func TestEveryPostCarriesTheToken(t *testing.T) {
	form := regexp.MustCompile(`(?s)<form[^>]*method="post".*?</form>`)
	each(t, func(t *testing.T, html string) {
		for _, f := range form.FindAllString(html, -1) {
			if !strings.Contains(f, `name="_csrf" value="c3JmLXRva2Vu"`) {
				t.Errorf("a form without its token: %.120s", f)
			}
		}
	})
}

func TestIDsAreUniqueOnAPage(t *testing.T) {
	id := regexp.MustCompile(`\sid="([^"]+)"`)
	each(t, func(t *testing.T, html string) {
		seen := map[string]bool{}
		for _, m := range id.FindAllStringSubmatch(html, -1) {
			if seen[m[1]] {
				t.Errorf("id %q stands twice", m[1])
			}
			seen[m[1]] = true
		}
	})
}

func TestEveryInputIsLabelled(t *testing.T) {
	input := regexp.MustCompile(`<(?:input|select|textarea)\s[^>]*>`)
	id := regexp.MustCompile(`\sid="([^"]+)"`)
	each(t, func(t *testing.T, html string) {
		for _, tag := range input.FindAllString(html, -1) {
			if strings.Contains(tag, `type="hidden"`) || strings.Contains(tag, "aria-label=") ||
				strings.Contains(tag, `type="radio"`) || strings.Contains(tag, `type="checkbox"`) ||
				strings.Contains(tag, `type="file"`) {
				continue
			}
			m := id.FindStringSubmatch(tag)
			if m == nil || !strings.Contains(html, `for="`+m[1]+`"`) {
				t.Errorf("no label for %s", tag)
			}
		}
	})
}
