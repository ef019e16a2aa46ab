package access

import "slices"

// Object is what is acted upon.
type Object string

// The objects.
const (
	Home       Object = "home"
	Payments   Object = "payments"
	Refunds    Object = "refunds"
	Approvals  Object = "approvals" // of any kind; deciding one also needs the permission of its kind
	Accounts   Object = "accounts"  // channel accounts; their credentials are never shown to anybody
	Keys       Object = "keys"
	Webhooks   Object = "webhooks"
	Deliveries Object = "deliveries"
	Members    Object = "members"
	Roles      Object = "roles" // of a merchant's own
	Audit      Object = "audit"
	Settings   Object = "settings"
	Exceptions Object = "exceptions" // what the channel says and our books do not
	// Reconciliation is the daily comparison with the channels' bills, and all
	// that comes of it: originals, statements, months.
	Reconciliation Object = "reconciliation"
	Sandbox        Object = "sandbox"
	Merchants      Object = "merchants"
	Providers      Object = "providers" // the platform's own access to channels as a service provider
	Users          Object = "users"
	Jobs           Object = "jobs"
	OwnLogins      Object = "sessions"
	OwnInbox       Object = "inbox" // what waits for the user in all their merchants
)

// Action is what is done.
type Action string

// The actions.
const (
	Read    Action = "read"
	Write   Action = "write"
	Close   Action = "close"
	Sync    Action = "sync"
	Export  Action = "export"
	Create  Action = "create"
	Approve Action = "approve"
	Decide  Action = "decide"
	Resend  Action = "resend"
	Run     Action = "run"
	Own     Action = "own"
	Lock    Action = "lock" // ask that a month be locked, or opened again
	Look    Action = "look" // see a merchant's data as the platform, having said why
)

// Where says in which domains a permission holds for a role's holder.
type Where string

// The places.
const (
	InMerchant    Where = "merchant"     // the merchant the role is held in
	OnPlatform    Where = "platform"     // the platform's own pages
	EveryMerchant Where = "any merchant" // the merchant being looked into, for a platform role
	OnSelf        Where = "self"
)

// Permission is one line of the policy.
type Permission struct {
	Role    Role
	Where   Where
	Object  Object
	Actions []Action
}

func may(r Role, w Where, o Object, actions ...Action) Permission {
	return Permission{r, w, o, actions}
}

// holder is the role every user with any role has for what is their own.
const holder Role = "holder"

// Policy is everything that anybody may do; what is not here is denied.
//
// Finance moves money and does not see keys. A developer connects systems and
// cannot refund, nor carry customers' data away by export; what others of the
// kind ask for, they may decide. A viewer only reads.
// The bills and what is reconciled from them are finance's and the owner's alone.
// Platform roles look into any merchant, having said why (see Viewing), and change
// little there: an operator asks the channel about a payment and resends
// deliveries; the others read. None of them sees a merchant's keys. A merchant's
// members are appointed by an admin on the platform's own page of the merchant.
func Policy() []Permission {
	return slices.Concat(merchantPolicy(), platformPolicy(), lookIntoMerchants(),
		[]Permission{may(holder, OnSelf, OwnLogins, Own), may(holder, OnSelf, OwnInbox, Read)})
}

func merchantPolicy() []Permission {
	return []Permission{
		may(Owner, InMerchant, Home, Read),
		may(Owner, InMerchant, Payments, Read, Close, Sync, Export),
		may(Owner, InMerchant, Refunds, Read, Create, Approve, Export),
		may(Owner, InMerchant, Approvals, Read, Decide),
		may(Owner, InMerchant, Exceptions, Read, Write, Approve),
		may(Owner, InMerchant, Reconciliation, Read, Run, Export, Lock, Approve),
		may(Owner, InMerchant, Accounts, Read, Write),
		may(Owner, InMerchant, Keys, Read, Write),
		may(Owner, InMerchant, Webhooks, Read, Write),
		may(Owner, InMerchant, Deliveries, Read, Resend),
		may(Owner, InMerchant, Members, Read, Write),
		may(Owner, InMerchant, Roles, Read, Write),
		may(Owner, InMerchant, Audit, Read, Export),
		may(Owner, InMerchant, Settings, Read, Write),
		may(Owner, InMerchant, Sandbox, Write),

		may(Developer, InMerchant, Home, Read),
		may(Developer, InMerchant, Payments, Read, Sync),
		may(Developer, InMerchant, Refunds, Read),
		may(Developer, InMerchant, Approvals, Read, Decide),
		may(Developer, InMerchant, Exceptions, Read),
		may(Developer, InMerchant, Accounts, Read, Write),
		may(Developer, InMerchant, Keys, Read, Write),
		may(Developer, InMerchant, Webhooks, Read, Write),
		may(Developer, InMerchant, Deliveries, Read, Resend),
		may(Developer, InMerchant, Settings, Read),
		may(Developer, InMerchant, Sandbox, Write),

		may(Finance, InMerchant, Home, Read),
		may(Finance, InMerchant, Payments, Read, Close, Sync, Export),
		may(Finance, InMerchant, Refunds, Read, Create, Approve, Export),
		may(Finance, InMerchant, Approvals, Read, Decide),
		may(Finance, InMerchant, Exceptions, Read, Write, Approve),
		may(Finance, InMerchant, Reconciliation, Read, Run, Export, Lock, Approve),
		may(Finance, InMerchant, Accounts, Read),
		may(Finance, InMerchant, Settings, Read),

		may(Viewer, InMerchant, Home, Read),
		may(Viewer, InMerchant, Payments, Read),
		may(Viewer, InMerchant, Refunds, Read),
		may(Viewer, InMerchant, Approvals, Read),
		may(Viewer, InMerchant, Exceptions, Read),
		may(Viewer, InMerchant, Accounts, Read),
	}
}

func platformPolicy() []Permission {
	return []Permission{
		may(PlatformAdmin, OnPlatform, Home, Read),
		may(PlatformAdmin, OnPlatform, Merchants, Read, Write, Look),
		may(PlatformAdmin, OnPlatform, Providers, Read, Write),
		may(PlatformAdmin, OnPlatform, Users, Read, Write),
		may(PlatformAdmin, OnPlatform, Audit, Read, Export),
		may(PlatformAdmin, OnPlatform, Jobs, Read, Run),
		may(PlatformAdmin, OnPlatform, Settings, Read, Write),
		may(PlatformAdmin, OnPlatform, Sandbox, Write),

		may(PlatformOperator, OnPlatform, Home, Read),
		may(PlatformOperator, OnPlatform, Merchants, Read, Look),
		may(PlatformOperator, OnPlatform, Providers, Read),
		may(PlatformOperator, OnPlatform, Jobs, Read, Run),
		may(PlatformOperator, OnPlatform, Settings, Read),
		may(PlatformOperator, OnPlatform, Sandbox, Write),

		may(PlatformAuditor, OnPlatform, Home, Read),
		may(PlatformAuditor, OnPlatform, Merchants, Read, Look),
		may(PlatformAuditor, OnPlatform, Providers, Read),
		may(PlatformAuditor, OnPlatform, Users, Read),
		may(PlatformAuditor, OnPlatform, Audit, Read, Export),
		may(PlatformAuditor, OnPlatform, Jobs, Read),
		may(PlatformAuditor, OnPlatform, Settings, Read),
	}
}

func lookIntoMerchants() []Permission {
	return []Permission{
		may(PlatformAdmin, EveryMerchant, Home, Read),
		may(PlatformAdmin, EveryMerchant, Payments, Read),
		may(PlatformAdmin, EveryMerchant, Refunds, Read),
		may(PlatformAdmin, EveryMerchant, Approvals, Read),
		may(PlatformAdmin, EveryMerchant, Exceptions, Read),
		may(PlatformAdmin, EveryMerchant, Reconciliation, Read),
		may(PlatformAdmin, EveryMerchant, Accounts, Read),
		may(PlatformAdmin, EveryMerchant, Webhooks, Read),
		may(PlatformAdmin, EveryMerchant, Deliveries, Read),
		may(PlatformAdmin, EveryMerchant, Members, Read),
		may(PlatformAdmin, EveryMerchant, Roles, Read),
		may(PlatformAdmin, EveryMerchant, Audit, Read),
		may(PlatformAdmin, EveryMerchant, Settings, Read),

		may(PlatformOperator, EveryMerchant, Home, Read),
		may(PlatformOperator, EveryMerchant, Payments, Read, Sync),
		may(PlatformOperator, EveryMerchant, Refunds, Read),
		may(PlatformOperator, EveryMerchant, Approvals, Read),
		may(PlatformOperator, EveryMerchant, Exceptions, Read),
		may(PlatformOperator, EveryMerchant, Accounts, Read),
		may(PlatformOperator, EveryMerchant, Webhooks, Read),
		may(PlatformOperator, EveryMerchant, Deliveries, Read, Resend),

		may(PlatformAuditor, EveryMerchant, Home, Read),
		may(PlatformAuditor, EveryMerchant, Payments, Read),
		may(PlatformAuditor, EveryMerchant, Refunds, Read),
		may(PlatformAuditor, EveryMerchant, Approvals, Read),
		may(PlatformAuditor, EveryMerchant, Exceptions, Read),
		may(PlatformAuditor, EveryMerchant, Reconciliation, Read),
		may(PlatformAuditor, EveryMerchant, Accounts, Read),
		may(PlatformAuditor, EveryMerchant, Webhooks, Read),
		may(PlatformAuditor, EveryMerchant, Deliveries, Read),
		may(PlatformAuditor, EveryMerchant, Members, Read),
		may(PlatformAuditor, EveryMerchant, Roles, Read),
		may(PlatformAuditor, EveryMerchant, Audit, Read),
		may(PlatformAuditor, EveryMerchant, Settings, Read),
	}
}

// Known reports whether any role has the permission: a route that asks for
// another would be denied to everybody, so start-up refuses it.
func Known(o Object, a Action) bool {
	return slices.ContainsFunc(Policy(), func(p Permission) bool {
		return p.Object == o && slices.Contains(p.Actions, a)
	})
}
