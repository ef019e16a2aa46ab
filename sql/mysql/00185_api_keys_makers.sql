-- +goose Up
-- Who made the keys that were made before this was kept with them, as the audit log says.
UPDATE api_keys SET made_by = COALESCE((
  SELECT MAX(r.actor_id) FROM audit_rows r
  WHERE r.chain = api_keys.merchant_id AND r.target = api_keys.id AND r.action = 'key.create' AND r.actor_kind = 'user'
), '')
WHERE made_by = '';
