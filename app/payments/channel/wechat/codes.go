package wechat

// The codes of an inspection's checks. They are keys of translated sentences
// and stay as they are. Those in "_ok" pass; Args are named behind the others.
const (
	codeUnreadable = "wechat.credentials_unreadable"

	codeMchIDOK        = "wechat.mchid_ok" // mchid
	codeMchIDMissing   = "wechat.mchid_missing"
	codeMchIDMalformed = "wechat.mchid_malformed"
	codeMchIDMismatch  = "wechat.mchid_mismatch" // given, certificate

	codeSubMchIDOK        = "wechat.sub_mchid_ok" // sub_mchid
	codeSubMchIDMissing   = "wechat.sub_mchid_missing"
	codeSubMchIDMalformed = "wechat.sub_mchid_malformed"
	codeSubAppIDOK        = "wechat.sub_appid_ok" // sub_appid
	codeSubAppIDMalformed = "wechat.sub_appid_malformed"
	codeSpAppIDOK         = "wechat.sp_appid_ok" // sp_appid
	codeSpAppIDMalformed  = "wechat.sp_appid_malformed"
	codeSpAppIDMissing    = "wechat.sp_appid_missing" // sub_appid; a warning
	codeProviderMissing   = "wechat.provider_missing"

	codeSerialOK        = "wechat.serial_ok" // serial_no
	codeSerialMissing   = "wechat.serial_missing"
	codeSerialMalformed = "wechat.serial_malformed"
	codeSerialMismatch  = "wechat.serial_mismatch" // given, certificate

	codeAPIv3KeyOK      = "wechat.api_v3_key_ok"
	codeAPIv3KeyMissing = "wechat.api_v3_key_missing"
	codeAPIv3KeySpace   = "wechat.api_v3_key_newline" // length
	codeAPIv3KeyLength  = "wechat.api_v3_key_length"  // length

	codePrivateKeyOK         = "wechat.private_key_ok" // form
	codePrivateKeyMissing    = "wechat.private_key_missing"
	codePrivateKeyEncrypted  = "wechat.private_key_encrypted"
	codePrivateKeyUnreadable = "wechat.private_key_unreadable"
	codePrivateKeyOther      = "wechat.private_key_other" // found: public_key, certificate
	codePrivateKeySize       = "wechat.private_key_size"  // bits

	codeCertificateOK         = "wechat.certificate_ok" // serial_no, expires_at
	codeCertificateUnreadable = "wechat.certificate_unreadable"
	codeCertificateOther      = "wechat.certificate_other"       // found: private_key, public_key, encrypted_key
	codeCertificateIsPlatform = "wechat.certificate_is_platform" // name
	codeCertificateExpired    = "wechat.certificate_expired"     // expires_at
	codeCertificateExpiring   = "wechat.certificate_expiring"    // expires_at; a warning
	codeKeyMismatch           = "wechat.key_mismatch"            // serial_no

	codeModeOK      = "wechat.mode_ok" // mode
	codeModeUnknown = "wechat.mode_unknown"

	codePublicKeyIDOK      = "wechat.public_key_id_ok" // public_key_id
	codePublicKeyIDMissing = "wechat.public_key_id_missing"
	codePublicKeyIDPrefix  = "wechat.public_key_id_prefix" // prefix

	codePublicKeyOK         = "wechat.public_key_ok"
	codePublicKeyMissing    = "wechat.public_key_missing"
	codePublicKeyUnreadable = "wechat.public_key_unreadable"
	codePublicKeyOther      = "wechat.public_key_other" // found: private_key
	codePublicKeyIsOwn      = "wechat.public_key_is_own"
	codePublicKeySize       = "wechat.public_key_size"                  // bits
	codeMerchantCertificate = "wechat.merchant_certificate_as_platform" // serial_no
	codePlatformCertificate = "wechat.platform_certificate_as_key"      // serial_no
)
