import { BlockList } from 'node:net'
import { expect, test } from 'vitest'
import { describePools } from '../../../packages/provider-docker/src/doctor/check-address-pools.ts'

const pools = [
  { Base: '10.10.0.0/20', Size: 24 },
  { Base: 'fd00::/48', Size: 64 },
]
const network = (Subnet: string): object => ({ IPAM: { Config: [{ Subnet }] } })
const networks = (count: number): readonly object[] =>
  Array.from({ length: count }, (_, i) => network(`10.10.${i}.0/24`))
const FIX = 'Remove unused networks: docker network prune. Or enlarge default-address-pools in daemon.json.'

test('many are free; networks elsewhere, of IPv6 and without addresses do not count', () => {
  const others = [network('172.30.0.0/16'), network('fd00::/64'), { IPAM: { Config: null } }, {}]
  expect(describePools(pools, [...networks(2), ...others], new BlockList())).toEqual({
    status: 'ok',
    text: 'the address pools have room for 14 more networks of 16',
  })
})

test('few are free, with what the machine routes elsewhere', () => {
  const routes = new BlockList()
  routes.addSubnet('10.10.15.0', 24)
  expect(describePools(pools, networks(11), routes)).toEqual({
    status: 'warning',
    text: 'the address pools have room for 4 more networks of 16',
    fix: FIX,
  })
})

test('none is free: a network covers the whole pool', () => {
  expect(describePools(pools, [network('10.10.0.0/16')], new BlockList())).toEqual({
    status: 'warning',
    text: 'the address pools have room for 0 more networks of 16; runs get small ones of 198.18.0.0/15 instead',
    fix: FIX,
  })
})
