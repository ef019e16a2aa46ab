package pages

import (
	"slices"

	"github.com/gofiber/fiber/v2"

	"github.com/piaohao/piaohao/app"
	"github.com/piaohao/piaohao/app/sandbox/trade"
)

const merchantsShown = 100

func (p *Pages) merchants(c *fiber.Ctx) error {
	merchants, err := p.cfg.Trades.Merchants(c.UserContext(), merchantsShown)
	if err != nil {
		return p.fail(c, err)
	}
	return p.render(c, fiber.StatusOK, merchantsPage(p.frame(c), merchants))
}

func (p *Pages) openMerchant(c *fiber.Ctx) error {
	m, err := p.cfg.Trades.OpenMerchant(c.UserContext(), app.Channel(c.FormValue("channel")), trade.Mode(c.FormValue("mode")))
	if err != nil {
		return p.fail(c, err)
	}
	return c.Redirect(merchantPath(m), fiber.StatusSeeOther)
}

func merchantPath(m trade.Merchant) string {
	return "/sandbox/merchants/" + string(m.Channel) + "/" + m.ID
}

// credential is one field of what a channel hands out.
type credential struct {
	Name  string // the API's name, also the field's id
	Label string
	Value string
	Long  bool
}

type merchantView struct {
	Merchant    trade.Merchant
	Gateway     string
	Credentials []credential
	ZipPath     string
	ZipFiles    []string
	Subs        []trade.SubMerchant // who joined it as a service provider
}

func (p *Pages) merchant(c *fiber.Ctx) error {
	f := p.frame(c)
	m, err := p.find(c)
	if err != nil {
		return p.fail(c, err)
	}
	v := merchantView{
		Merchant: m, Gateway: p.cfg.Gateway(m.Channel), Credentials: credentialsOf(f.W, m),
		ZipPath: merchantPath(m) + "/credentials.zip",
	}
	for _, file := range filesOf(m) {
		v.ZipFiles = append(v.ZipFiles, file.Name)
	}
	if v.Subs, err = p.cfg.Trades.SubMerchants(c.UserContext(), m.ID, merchantsShown); err != nil {
		return p.fail(c, err)
	}
	return p.render(c, fiber.StatusOK, merchantPage(f, v))
}

// joinMerchant opens a merchant under this one as its service provider.
func (p *Pages) joinMerchant(c *fiber.Ctx) error {
	m, err := p.find(c)
	if err != nil {
		return p.fail(c, err)
	}
	if _, err := p.cfg.Trades.OpenSubMerchant(c.UserContext(), m.Channel, m.ID); err != nil {
		return p.fail(c, err)
	}
	return c.Redirect(merchantPath(m)+"#subs", fiber.StatusSeeOther)
}

// uploadAppKey is what the open platform's page does when an app's public key is
// pasted into it.
func (p *Pages) uploadAppKey(c *fiber.Ctx) error {
	m, err := p.find(c)
	if err != nil {
		return p.fail(c, err)
	}
	if m.Channel != app.Alipay {
		return p.fail(c, app.Errorf(app.NotFound, "only an Alipay app has a key of its own to upload"))
	}
	if m, err = p.cfg.Trades.UploadAppKey(c.UserContext(), m.ID, c.FormValue("public_key")); err != nil {
		return p.fail(c, err)
	}
	return c.Redirect(merchantPath(m), fiber.StatusSeeOther)
}

// subFields is what the platform is told of a merchant under a provider.
func subFields(w words, sub trade.SubMerchant) []credential {
	if sub.Channel == app.Alipay {
		return []credential{
			{"app_auth_token_" + sub.ID, w.AppAuthToken, sub.Token, false},
			{"seller_id_" + sub.ID, w.SellerID, sub.SellerID, false},
		}
	}
	return []credential{
		{"sub_mchid_" + sub.ID, w.SubMchID, sub.ID, false},
		{"sub_appid_" + sub.ID, w.SubAppID, sub.AppID, false},
	}
}

func (p *Pages) find(c *fiber.Ctx) (trade.Merchant, error) {
	channel := app.Channel(c.Params("channel"))
	if !channel.Valid() {
		return trade.Merchant{}, app.Errorf(app.NotFound, "the sandbox has no channel %q", channel)
	}
	return p.cfg.Trades.Merchant(c.UserContext(), channel, c.Params("id"))
}

// credentialsOf lists what the merchant's mode needs, in the order in which
// one types it into a form.
func credentialsOf(w words, m trade.Merchant) []credential {
	if m.Channel == app.Alipay {
		return alipayCredentials(w, m)
	}
	k := m.WeChat
	list := []credential{
		{"mchid", w.MchID, m.ID, false},
		{"appid", w.WeChatAppID + " · " + w.AppKinds[string(trade.OfficialAccount)], m.AppID, false},
		{"api_v3_key", w.APIv3Key, k.APIv3Key, false},
		{"serial_no", w.SerialNo, k.SerialNo, false},
		{"private_key", w.PrivateKey + " apiclient_key.pem", k.PrivateKey, true},
		{"certificate", w.MerchantCert + " apiclient_cert.pem", k.Certificate, true},
	}
	for i, a := range m.Apps()[1:] {
		list = slices.Insert(list, 2+i, credential{"appid_" + string(a.Kind), w.WeChatAppID + " · " + w.AppKinds[string(a.Kind)], a.AppID, false})
	}
	if m.Mode != trade.Certificate {
		list = append(list,
			credential{"public_key_id", w.WeChatKeyID, k.PublicKeyID, false},
			credential{"public_key", w.WeChatKey + " pub_key.pem", k.PublicKey, true})
	}
	for _, platform := range k.Platform {
		list = append(list, credential{"platform_certificate_" + platform.SerialNo, w.PlatformCert + " " + platform.SerialNo, platform.Certificate, true})
	}
	return list
}

func alipayCredentials(w words, m trade.Merchant) []credential {
	k := m.Alipay
	list := []credential{
		{"app_id", w.AlipayAppID, m.ID, false},
		{"seller_id", w.SellerID, m.SellerID, false},
	}
	if k.AppPrivateKey != "" {
		list = append(list, credential{"app_private_key", w.AppPrivateKey, k.AppPrivateKey, true})
	}
	if m.Mode == trade.PublicKey {
		return append(list,
			credential{"app_public_key", w.AppPublicKey, k.AppPublicKey, true},
			credential{"alipay_public_key", w.AlipayPublicKey, k.AlipayPublicKey, true})
	}
	return append(list,
		credential{"app_cert", w.AppCert, k.AppCert, true},
		credential{"alipay_cert", w.AlipayCert, k.AlipayCert, true},
		credential{"alipay_root_cert", w.AlipayRootCert, k.AlipayRootCert, true})
}
