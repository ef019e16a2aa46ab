package pages

import "github.com/piaohao/piaohao/web/templates/layout"

// View asks a platform role why it looks into a merchant. Its form posts reason
// and next to AdminMerchantAction(id, "view").
type View struct {
	Shell                    layout.Shell
	MerchantID, MerchantName string
	Minutes                  int    // how long it lasts
	Next                     string // the page that was asked for, "" for none
	Reason                   string
	Errors                   map[string]string // translated: reason
}
