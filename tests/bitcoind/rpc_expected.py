"""What peer-observer-metrics should show of a node, computed from bitcoin-cli's answers in another way than the service's own."""

import collections
import statistics

TABLES = ("new", "tried")
AGES_S = [hours * 3600 for hours in (1, 6, 24, 72, 168, 336, 720, 1440, 2160)]


def labels(**values):
    return tuple(sorted(values.items()))


def one_to_one(cli):
    """(metric without its prefix, value) of what is one field."""
    mempool, memory, chain = cli("getmempoolinfo"), cli("getmemoryinfo")["locked"], cli("getblockchaininfo")
    stats, network, totals = cli("getchaintxstats"), cli("getnetworkinfo"), cli("getnettotals")
    yield from {
        "mempoolinfo_mempool_loaded": mempool["loaded"], "mempoolinfo_transaction_count": mempool["size"],
        "mempoolinfo_transaction_fees": mempool["total_fee"], "mempoolinfo_transaction_vbyte": mempool["bytes"],
        "mempoolinfo_memory_usage": mempool["usage"], "mempoolinfo_memory_max": mempool["maxmempool"],
        "mempoolinfo_min_mempool_feerate": mempool["mempoolminfee"],
        "mempoolinfo_min_relay_tx_feerate": mempool["minrelaytxfee"],
        "mempoolinfo_incremental_relay_feerate": mempool["incrementalrelayfee"],
        "nettotals_total_bytes_received": totals["totalbytesrecv"], "nettotals_total_bytes_sent": totals["totalbytessent"],
        "chaintxstats_tx_count": stats["txcount"], "chaintxstats_tx_rate": stats["txrate"],
        "networkinfo_version": network["version"], "networkinfo_protocol_version": network["protocolversion"],
        "networkinfo_time_offset": network["timeoffset"], "networkinfo_network_active": network["networkactive"],
        "networkinfo_relay_fee": network["relayfee"], "networkinfo_incremental_fee": network["incrementalfee"],
        "networkinfo_warnings": len(network["warnings"]), "networkinfo_local_addresses_count": len(network["localaddresses"]),
        "blockchaininfo_difficulty": chain["difficulty"], "blockchaininfo_verification_progress": chain["verificationprogress"],
        "blockchaininfo_initial_block_download": chain["initialblockdownload"],
        "blockchaininfo_warnings": len(chain["warnings"]),
    }.items()
    for name, value in memory.items():
        yield f"memoryinfo_locked_{name}", value
    for name in ("window_final_block_height", "window_block_count", "window_tx_count", "window_interval"):
        yield f"chaintxstats_{name}", stats[name]
    for name in ("connections", "connections_in", "connections_out"):
        yield f"networkinfo_{name}", network[name]
    for name in ("blocks", "headers", "size_on_disk", "pruned"):
        yield f"blockchaininfo_{name}", chain[name]


def peers(cli):
    """(metric, labels, value)"""
    everyone = cli("getpeerinfo")
    def count(condition):
        return sum(map(condition, everyone))
    waiting = [peer["inv_to_send"] for peer in everyone if peer["relaytxes"]]
    for name, value in {
        "num_peers": len(everyone),
        "addr_ratelimited_peers": count(lambda p: p["addr_rate_limited"] > 0),
        "addr_ratelimited_total": sum(p["addr_rate_limited"] for p in everyone),
        "addr_processed_total": sum(p["addr_processed"] for p in everyone),
        "timeoffset_plus10s": count(lambda p: p["timeoffset"] > 10),
        "timeoffset_minus10s": count(lambda p: p["timeoffset"] < -10),
        "bip152_highbandwidth_to": count(lambda p: p["bip152_hb_to"]),
        "bip152_highbandwidth_from": count(lambda p: p["bip152_hb_from"]),
        "addr_relay_enabled_peers": count(lambda p: p["addr_relay_enabled"]),
        "inflight_block_peers": count(lambda p: bool(p["inflight"])),
        "inflight_distinct_blocks_heights": len({height for p in everyone for height in p["inflight"]}),
        "ping_wait_larger_5_seconds_block_peers": count(lambda p: p.get("pingwait", 0) > 5),
        "sub1satvb_relay": count(lambda p: p["relaytxes"] and p["minfeefilter"] < 0.00001
                                 and ("tx" in p["bytesrecv_per_msg"] or "tx" in p["bytessent_per_msg"])),
        "invtosend_sum": sum(waiting), "invtosend_max": max(waiting), "invtosend_min": min(waiting),
        "invtosend_median": statistics.median(waiting), "invtosend_mean": statistics.mean(waiting),
    }.items():
        yield f"peer_info_{name}", (), value
    for name, times in (("ping", "pingtime"), ("minping", "minping")):
        milliseconds = [peer[times] * 1000 for peer in everyone if peer.get(times)]
        yield f"peer_info_{name}_median", (), statistics.median(milliseconds)
        yield f"peer_info_{name}_mean", (), statistics.mean(milliseconds)
    for name, field in (("transport_protocol_type",) * 2, ("network",) * 2, ("connection_type",) * 2, ("protocol_version", "version")):
        for value, number in collections.Counter(peer[field] for peer in everyone).items():
            yield f"peer_info_{name}_peers", labels(**{name: str(value)}), number


def orphans(cli):
    found = cli("getorphantxs", 2)
    announcers = [len(orphan["from"]) for orphan in found]
    yield "getorphantxs_count", (), len(found)
    for name in ("bytes", "vsize", "weight"):
        yield f"getorphantxs_{name}", (), sum(orphan[name] for orphan in found)
    for name, of in (("mean", statistics.mean), ("min", min), ("max", max)):
        yield f"getorphantxs_from_{name}", (), of(announcers)
    for name in ("added_bytes", "added_count", "removed_bytes", "removed_count"):
        yield f"getorphantxs_{name}", (), 0


def addrman(cli):
    for network, counts in cli("getaddrmaninfo").items():
        for table in ("new", "tried", "total"):
            yield "addrmaninfo", labels(network=network, table=table), counts[table]
    for table, entries in ((table, list(places.values())) for table, places in cli("getrawaddrman").items()):
        for name, field in (("ports", "port"), ("services", "services"), ("entries", "network")):
            label = {"ports": "port", "services": "service", "entries": "network"}[name]
            for value, number in collections.Counter(entry[field] for entry in entries).items():
                yield f"getrawaddrman_{name}", labels(table=table, **{label: str(value)}), number
        for bit in range(64):
            if number := sum(entry["services"] >> bit & 1 for entry in entries):
                yield "getrawaddrman_service_bits", labels(table=table, service_bit=str(bit)), number
        yield "getrawaddrman_distinct_sources", labels(table=table), len({entry["source"] for entry in entries})
        for network in {entry["network"] for entry in entries}:
            yield "getrawaddrman_terrible_entries", labels(table=table, network=network), 0
            for offset in ("0", "600"):
                yield "getrawaddrman_future_entries", labels(table=table, network=network, min_offset_seconds=offset), 0
        for age in [*map(str, AGES_S), "+Inf"]:  # all are fresh
            yield "getrawaddrman_entry_age_seconds_bucket", labels(table=table, le=age), len(entries)
        for change in ("added_entry", "replaced_entry", "changed_services", "changed_timestamps"):
            yield f"getrawaddrman_{change}", labels(table=table), 0


def rest(cli, estimates):
    for network in cli("getnetworkinfo")["networks"]:
        for name in ("limited", "reachable"):
            yield "networkinfo_networks", labels(network=network["name"], property=name), network[name]
    for target, mode in estimates:
        if feerate := cli("estimatesmartfee", target, mode).get("feerate"):
            yield "estimatesmartfee_feerate", labels(target_block=str(target), mode=mode), feerate * 1e5


def series(cli, estimates):
    """{(metric, labels): value} of every series that does not move by itself."""
    found = {(f"peerobserver_rpc_{name}", ()): float(value) for name, value in one_to_one(cli)}
    for part in (peers(cli), orphans(cli), addrman(cli), rest(cli, estimates)):
        found |= {(f"peerobserver_rpc_{name}", values): float(value) for name, values, value in part}
    return found
