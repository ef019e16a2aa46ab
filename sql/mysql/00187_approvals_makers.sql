-- +goose Up
-- Who made the keys that asked for what waits.
UPDATE approvals SET requested_maker = COALESCE((
  SELECT k.made_by FROM api_keys k WHERE k.id = approvals.requested_id AND k.merchant_id = approvals.merchant_id
), '')
WHERE status = 'pending' AND requested_kind = 'key' AND requested_maker = '';
