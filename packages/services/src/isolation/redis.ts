import { MoorageError, type IsolationContext, type Json, type PlainConnection, type Slot } from '@moorage/core'
import { RedisClient } from '../wire/redis-client.ts'

// Database numbers. 0 is the seeded database that all tests share; SLOTS maps slot names to numbers.
const TEMPLATE = 1
const SLOTS = 2
const FIRST_SLOT = 3

const COPY = `
local function copy(from, to)
  redis.call('SELECT', to)
  redis.call('FLUSHDB')
  redis.call('SELECT', from)
  for _, key in ipairs(redis.call('KEYS', '*')) do redis.call('COPY', key, key, 'DB', to) end
end
`

// A script is atomic: two workers cannot take the same number, and a slot is never half filled.
const CLAIM_SLOT = `${COPY}
local name, fresh, databases = ARGV[1], ARGV[2] == 'true', tonumber(ARGV[3])
redis.call('SELECT', ${SLOTS})
for i = 4, #ARGV do redis.call('HDEL', 'slots', ARGV[i]) end
local number = redis.call('HGET', 'slots', name)
local created = not number
if created then
  local taken = {}
  for _, other in ipairs(redis.call('HVALS', 'slots')) do taken[other] = true end
  for i = ${FIRST_SLOT}, databases - 1 do
    if not taken[tostring(i)] then
      number = tostring(i)
      break
    end
  end
  if not number then return -1 end
  redis.call('HSET', 'slots', name, number)
end
if created or fresh then copy(${TEMPLATE}, number) end
return tonumber(number)
`

/** Copies the seeded database, so that tests that change the shared database do not change later slots. */
export async function createTemplate(
  connection: PlainConnection,
  _options: Json,
  _context: IsolationContext,
): Promise<void> {
  using redis = await RedisClient.open(String(connection['url']))
  await redis.call('EVAL', `${COPY} copy(0, ${TEMPLATE})`, '0')
}

/**
 * Opens the slot's numbered database, filled with the template's keys and their times to live. Throws `MoorageError`
 * (ISOLATION_FAILED) if every number is taken.
 */
export async function openSlot(
  connection: PlainConnection,
  { service, name, fresh, stale }: Slot,
): Promise<PlainConnection> {
  using redis = await RedisClient.open(String(connection['url']))
  const [, databases] = (await redis.call('CONFIG', 'GET', 'databases')) as readonly string[]
  await redis.call('SELECT', String(SLOTS))
  const names = (await redis.call('HKEYS', 'slots')) as readonly string[]
  const number = await redis.call(
    'EVAL',
    CLAIM_SLOT,
    '0',
    name,
    String(fresh),
    String(databases),
    ...names.filter(stale),
  )
  if (number === -1) throw noFreeDatabase(service, Number(databases))
  const url = new URL(String(connection['url']))
  url.pathname = `/${String(number)}`
  return { ...connection, database: number as number, url: url.href }
}

function noFreeDatabase(service: string, databases: number): MoorageError {
  return new MoorageError(
    'ISOLATION_FAILED',
    `services.${service}.isolate: this Redis has ${databases} databases. moorage uses ${FIRST_SLOT} of them, and running workers use all the others.`,
    {
      service,
      hint: 'Use fewer workers, or an image whose server starts with a larger --databases.',
    },
  )
}
