package trade

import (
	"context"
	"crypto/x509/pkix"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/piaohao/piaohao/app"
	"github.com/piaohao/piaohao/app/db"
)

// authorityName is the issuer, worded like the real one but plainly not it.
func authorityName(channel app.Channel) pkix.Name {
	name := pkix.Name{
		Country: []string{"CN"}, Organization: []string{"Piaohao Sandbox"},
		OrganizationalUnit: []string{"Certification Authority"}, CommonName: "Piaohao Sandbox Alipay Root CA",
	}
	if channel == app.WeChat {
		name.CommonName = "Piaohao Sandbox WeChat Root CA"
	}
	return name
}

// authority returns the channel's certificate authority, creating it once per
// database.
func (s *Service) authority(ctx context.Context, channel app.Channel) (authority, error) {
	cert, key, err := selectAuthority(ctx, s.db, string(channel))
	if errors.Is(err, db.ErrNoRows) {
		if cert, key, err = newAuthority(s.newKey, authorityName(channel), s.clock.Now()); err != nil {
			return authority{}, err
		}
		err = insertAuthority(ctx, s.db, string(channel), cert, key, app.ToMillis(s.clock.Now()))
		if db.IsDuplicate(err) { // another process was first
			cert, key, err = selectAuthority(ctx, s.db, string(channel))
		}
	}
	if err != nil {
		return authority{}, fmt.Errorf("sandbox authority: %w", err)
	}
	a := authority{pem: cert, keys: s.newKey}
	if a.cert, err = ParseCertificate(cert); err != nil {
		return authority{}, err
	}
	a.key, err = ParsePrivateKey(key)
	return a, err
}

// issueWeChat makes a merchant's certificate (CN is the mchid), its APIv3 key,
// the public key pair and, unless in public-key mode, a platform certificate.
func issueWeChat(ca authority, mchID string, mode Mode, now time.Time) (*WeChatKeys, error) {
	merchant, err := ca.issue(pkix.Name{
		Country: []string{"CN"}, Organization: []string{"微信商户系统"},
		OrganizationalUnit: []string{"Piaohao Sandbox"}, CommonName: mchID,
	}, now)
	if err != nil {
		return nil, err
	}
	public, err := ca.keys.pair()
	if err != nil {
		return nil, err
	}
	keys := &WeChatKeys{
		APIv3Key: lowerHex(16), SerialNo: merchant.serial, PrivateKey: merchant.private, Certificate: merchant.cert,
		PublicKeyID: "PUB_KEY_ID_01" + mchID + now.In(app.Beijing).Format("20060102") + "00" + digits(11),
		PublicKey:   public.public, PublicKeyPrivate: public.private,
	}
	if mode == Certificate || mode == Both {
		platform, err := issuePlatform(ca, now)
		if err != nil {
			return nil, err
		}
		keys.Platform = []PlatformCertificate{platform}
	}
	return keys, nil
}

func issuePlatform(ca authority, now time.Time) (PlatformCertificate, error) {
	c, err := ca.issue(pkix.Name{
		Country: []string{"CN"}, Organization: []string{"Piaohao Sandbox"},
		OrganizationalUnit: []string{"Piaohao Sandbox CA Center"}, CommonName: "Piaohao Sandbox WeChat sign",
	}, now)
	if err != nil {
		return PlatformCertificate{}, err
	}
	return PlatformCertificate{
		SerialNo: c.serial, Certificate: c.cert, PrivateKey: c.private,
		EffectiveAt: app.ToMillis(c.notBefore), ExpiresAt: app.ToMillis(c.expiry),
	}, nil
}

// issueAlipay makes the app's and the channel's key pairs and certificates.
func issueAlipay(ca authority, appID, sellerID string, now time.Time) (*AlipayKeys, error) {
	mine, err := ca.issue(pkix.Name{
		Country: []string{"CN"}, Organization: []string{"Piaohao Sandbox merchant"},
		OrganizationalUnit: []string{"Alipay"}, CommonName: sellerID + "-" + appID,
	}, now)
	if err != nil {
		return nil, err
	}
	theirs, err := ca.issue(pkix.Name{
		Country: []string{"CN"}, Organization: []string{"Piaohao Sandbox"},
		OrganizationalUnit: []string{"Alipay"}, CommonName: "Piaohao Sandbox Alipay sign " + strings.ToUpper(lowerHex(4)),
	}, now)
	if err != nil {
		return nil, err
	}
	return &AlipayKeys{
		AppPrivateKey: mine.private, AppPublicKey: mine.public, AppCert: mine.cert,
		AlipayPrivateKey: theirs.private, AlipayPublicKey: theirs.public, AlipayCert: theirs.cert,
		AlipayRootCert: ca.pem,
	}, nil
}
