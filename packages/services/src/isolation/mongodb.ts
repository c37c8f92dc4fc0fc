import { MoorageError, type IsolationContext, type Json, type PlainConnection, type Slot } from '@moorage/core'
import { loadDriver } from '../drivers/load-driver.ts'

type Document = { readonly [field: string]: unknown }

/** The part of the official driver `mongodb` that is used. */
interface Mongo {
  readonly MongoClient: new (url: string, options: Document) => Client
}

interface Client extends AsyncDisposable {
  connect(): Promise<unknown>
  db(name: string): Database
}

interface Database {
  listCollections(): { toArray(): Promise<readonly { readonly name: string; readonly options?: Document }[]> }
  createCollection(name: string, options: Document): Promise<Collection>
  collection(name: string): Collection
  dropDatabase(): Promise<unknown>
}

interface Collection {
  find(filter: Document): AsyncIterable<Document>
  insertMany(documents: readonly Document[], options: Document): Promise<unknown>
  createIndexes(indexes: readonly Document[]): Promise<unknown>
  indexes(): Promise<readonly Document[]>
  replaceOne(filter: Document, document: Document, options: Document): Promise<unknown>
  deleteOne(filter: Document): Promise<unknown>
}

const TEMPLATE = 'moorage_template'
// Lists the complete slots: a worker may die while it fills one.
const SLOTS_DATABASE = 'moorage_slots'
const SLOTS_COLLECTION = 'slots'

// The driver splits a batch that exceeds the server's message size.
const BATCH_DOCUMENTS = 1_000

/** Copies the seeded database, so that tests that change the shared database do not change later slots. */
export async function createTemplate(
  connection: PlainConnection,
  _options: Json,
  { root }: IsolationContext,
): Promise<void> {
  await using client = await connect(connection, root)
  await copyDatabase(client.db(String(connection['database'])), client.db(TEMPLATE))
}

/**
 * Opens the slot's database and fills it from the template: collections, their options, documents and indexes. Throws
 * `MoorageError` (ISOLATION_FAILED) if the project has no driver.
 */
export async function openSlot(
  connection: PlainConnection,
  slot: Slot,
  { root }: IsolationContext,
): Promise<PlainConnection> {
  const { name, fresh } = slot
  const url = new URL(String(connection['url']))
  url.pathname = `/${name}`
  const slotConnection = { ...connection, database: name, url: url.href }
  await using client = await connect(connection, root)
  const slots = slotsCollection(client)
  const names = await slotNames(slots)
  if (names.includes(name) && !fresh) return slotConnection
  if (!names.includes(name)) for (const other of names.filter(slot.stale)) await removeSlot(client, other)
  await removeSlot(client, name)
  await copyDatabase(client.db(TEMPLATE), client.db(name))
  await slots.replaceOne({ _id: name }, {}, { upsert: true })
  return slotConnection
}

function slotsCollection(client: Client): Collection {
  return client.db(SLOTS_DATABASE).collection(SLOTS_COLLECTION)
}

async function slotNames(slots: Collection): Promise<readonly string[]> {
  const names: string[] = []
  for await (const { _id } of slots.find({})) names.push(String(_id))
  return names
}

async function removeSlot(client: Client, name: string): Promise<void> {
  await slotsCollection(client).deleteOne({ _id: name })
  await client.db(name).dropDatabase()
}

async function copyDatabase(from: Database, to: Database): Promise<void> {
  const all = (await from.listCollections().toArray()).filter(({ name }) => !name.startsWith('system.'))
  const isView = ({ options = {} }: { readonly options?: Document }): boolean => 'viewOn' in options
  // Views come last: each needs its source collection.
  for (const source of [...all.filter((entry) => !isView(entry)), ...all.filter(isView)]) {
    const target = await to.createCollection(source.name, source.options ?? {})
    if (!isView(source)) await copyCollection(from.collection(source.name), target)
  }
}

async function copyCollection(from: Collection, to: Collection): Promise<void> {
  let batch: Document[] = []
  const flush = async (): Promise<void> => {
    if (batch.length) await to.insertMany(batch, { ordered: false })
    batch = []
  }
  for await (const document of from.find({})) if (batch.push(document) === BATCH_DOCUMENTS) await flush()
  await flush()
  const indexes = (await from.indexes()).filter(({ name }) => name !== '_id_')
  if (indexes.length) await to.createIndexes(indexes.map(({ v: _, ns: __, ...index }) => index))
}

async function connect(connection: PlainConnection, root: string): Promise<Client> {
  const mongo = await loadDriver<Mongo>('mongodb', root)
  if (!mongo)
    throw new MoorageError('ISOLATION_FAILED', 'An isolated database needs a driver, but the project has no mongodb.', {
      hint: 'npm install --save-dev mongodb',
    })
  // Keep BSON types: the driver would turn a whole double into an integer.
  const client = new mongo.MongoClient(String(connection['url']), { promoteValues: false, bsonRegExp: true })
  await client.connect()
  return client
}
