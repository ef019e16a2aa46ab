package access

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"strings"

	"github.com/piaohao/piaohao/app/db"
)

// RecoveryCodes is how many a user gets at once.
const RecoveryCodes = 10

// recoveryAlphabet is Crockford's: no letter that could be read as another.
const recoveryAlphabet = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"

// NewRecoveryCodes replaces the user's recovery codes and returns them, to be
// shown once. Each has 80 random bits, so a plain hash keeps it.
func (s *Service) NewRecoveryCodes(ctx context.Context, tx *db.Tx, userID string) ([]string, error) {
	if _, err := deleteRecoveryCodes(ctx, tx, userID); err != nil {
		return nil, fmt.Errorf("replace recovery codes of %s: %w", userID, err)
	}
	codes := make([]string, RecoveryCodes)
	for i := range codes {
		codes[i] = newRecoveryCode()
		if err := insertRecoveryCode(ctx, tx, userID, recoveryHash(userID, codes[i]), s.now()); err != nil {
			return nil, fmt.Errorf("replace recovery codes of %s: %w", userID, err)
		}
	}
	return codes, nil
}

// newRecoveryCode returns four groups of four: "7XK2-M0QD-9TFA-2VBN".
func newRecoveryCode() string {
	random := make([]byte, 16)
	rand.Read(random)
	var b strings.Builder
	for i, x := range random {
		if i > 0 && i%4 == 0 {
			b.WriteByte('-')
		}
		b.WriteByte(recoveryAlphabet[x%32])
	}
	return b.String()
}

func recoveryHash(userID, code string) string {
	sum := sha256.Sum256([]byte(userID + ":" + plainCode(code)))
	return hex.EncodeToString(sum[:])
}

// plainCode undoes how a code may be written: in small letters, with blanks and
// hyphens, with O for 0 and I or L for 1.
func plainCode(code string) string {
	return strings.NewReplacer("-", "", " ", "", "\u3000", "", "O", "0", "I", "1", "L", "1").Replace(strings.ToUpper(code))
}

// takeRecovery uses up a recovery code.
func (s *Service) takeRecovery(ctx context.Context, userID, code string) (bool, error) {
	n, err := useRecoveryCode(ctx, s.db, userID, recoveryHash(userID, code), s.now())
	if err != nil {
		return false, fmt.Errorf("use a recovery code of %s: %w", userID, err)
	}
	return n == 1, nil
}
