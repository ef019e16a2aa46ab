package payments_test

import "github.com/piaohao/piaohao/app/merchants"

// setApps replaces the apps of the shop's WeChat account.
func (s *shop) setApps(apps ...merchants.AppInput) {
	s.T.Helper()
	a, err := s.Merchants.SetAppIDs(s.Ctx, s.Scope.MerchantID, s.WeChat.ID, apps)
	if err != nil {
		s.T.Fatal(err)
	}
	s.WeChat = a
}
