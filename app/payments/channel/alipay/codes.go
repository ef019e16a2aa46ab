package alipay

// The codes of an inspection's checks. They are keys of translated sentences
// and stay as they are. Those in "_ok" pass; Args are named behind the others.
// The certificate codes occur under any of the three certificates' fields.
const (
	codeUnreadable  = "alipay.credentials_unreadable"
	codeModeUnknown = "alipay.mode_unknown"

	codeAppIDOK        = "alipay.app_id_ok" // app_id
	codeAppIDMissing   = "alipay.app_id_missing"
	codeAppIDMalformed = "alipay.app_id_malformed"
	codeAppIDMismatch  = "alipay.app_id_mismatch" // given, certificate

	codeSellerIDOK        = "alipay.seller_id_ok" // seller_id
	codeSellerIDMissing   = "alipay.seller_id_missing"
	codeSellerIDMalformed = "alipay.seller_id_malformed"
	codeSellerIDMismatch  = "alipay.seller_id_mismatch" // given, certificate

	codeTokenOK         = "alipay.app_auth_token_ok"
	codeTokenMissing    = "alipay.app_auth_token_missing"
	codeTokenMalformed  = "alipay.app_auth_token_malformed"
	codeProviderMissing = "alipay.provider_missing"

	codePrivateKeyOK         = "alipay.private_key_ok" // form
	codePrivateKeyMissing    = "alipay.private_key_missing"
	codePrivateKeyEncrypted  = "alipay.private_key_encrypted"
	codePrivateKeyUnreadable = "alipay.private_key_unreadable"
	codePrivateKeyOther      = "alipay.private_key_other" // found: public_key, certificate
	codePrivateKeySize       = "alipay.private_key_size"  // bits

	codePublicKeyOK         = "alipay.public_key_ok"
	codePublicKeyMissing    = "alipay.public_key_missing"
	codePublicKeyUnreadable = "alipay.public_key_unreadable"
	codePublicKeyOther      = "alipay.public_key_other" // found: private_key, certificate
	codePublicKeyIsOwn      = "alipay.public_key_is_own"
	codePublicKeySize       = "alipay.public_key_size" // bits

	codeCertificateOK         = "alipay.certificate_ok" // sn, expires_at
	codeCertificateMissing    = "alipay.certificate_missing"
	codeCertificateUnreadable = "alipay.certificate_unreadable"
	codeCertificateOther      = "alipay.certificate_other"    // found: private_key, public_key
	codeCertificateSwapped    = "alipay.certificate_swapped"  // found: app_cert, alipay_cert, alipay_root_cert
	codeCertificateExpired    = "alipay.certificate_expired"  // expires_at
	codeCertificateExpiring   = "alipay.certificate_expiring" // expires_at; a warning
	codeRootOK                = "alipay.root_certificate_ok"
	codeUntrusted             = "alipay.certificate_untrusted" // issuer
	codeKeyMismatch           = "alipay.key_mismatch"
)
