package console

// merchantActions are the acts that stand in a merchant's chain.
func merchantActions() []string {
	return []string{
		"account_draft.start", "account_draft.update", "account_draft.make_key", "account_draft.test", "account_draft.test_order", "account_draft.discard",
		"account.register", "account.update", "account.apps", "account.credentials", "account.enable", "account.disable", "account.probe", "account.certificates",
		"key.create", "key.update", "key.roll", "key.revoke",
		"webhook_endpoint.create", "webhook_endpoint.update", "webhook_endpoint.enable", "webhook_endpoint.disable",
		"webhook_endpoint.delete", "webhook_endpoint.rotate_secret", "webhook_endpoint.test", "webhook_delivery.redeliver",
		"role.grant", "role.revoke", "role.create", "role.update", "role.delete",
		"invitation.create", "invitation.renew", "invitation.revoke", "invitation.accept", "merchant.rename", "merchant.settings", "merchant.second_factor", "merchant.view", "merchant.leave",
		"payment.sync", "payment.close", "refund.create", "refund.resolve", "refund.sync",
		"approval.request", "approval.approve", "approval.reject", "approval.withdraw", "approval.expire", "notification.resolve",
		"reconciliation.run", "reconciliation.download",
		"exception.assign", "exception.comment", "exception.propose", "exception.resolve",
		"exception_batch.upload", "exception_batch.propose", "exception_batch.resolve", "exception.export",
		"export.request", "export.download", "export.cancel", "export.retry",
		"period.lock", "period.reopen", "statement.download", "statement.export",
	}
}

// platformActions are the acts that stand in the platform's chain.
func platformActions() []string {
	return []string{
		"merchant.create", "merchant.suspend", "merchant.reactivate", "merchant.view", "merchant.leave",
		"provider.register", "provider.credentials", "provider.enable", "provider.disable",
		"user.create", "user.update", "user.update_profile", "user.change_password", "user.reset_password", "user.retire_password",
		"user.disable", "user.enable", "user.delete", "role.grant", "role.revoke",
		"application.approve", "application.reject", "job.run", "platform.settings",
		"export.request", "export.download", "export.cancel", "export.retry",
		"session.open", "session.close", "session.revoke", "session.revoke_all", "session.confirm", "session.begin",
		"factor.totp_enrol", "factor.totp_remove", "factor.recovery_codes", "factor.recovery_use", "factor.reset", "sign_in.locked",
		"passkey.register", "passkey.rename", "passkey.remove", "passkey.cloned", "identity.link", "identity.unlink",
	}
}
