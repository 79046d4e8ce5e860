"""Which of Core's functional tests are run, and what is known of them before."""

# What ./test runs: damaged messages, every kind of message, refusals, orphans and packages, restarts, two threads that send.
SHORT = (
    "p2p_invalid_messages.py",
    "p2p_compactblocks.py",
    "p2p_addrv2_relay.py",
    "p2p_leak.py",
    "p2p_handshake.py --v2transport",
    "p2p_net_deadlock.py --v1transport",
    "p2p_message_capture.py",
    "p2p_filter.py",
    "p2p_blockfilters.py",
    "mempool_accept.py",
    "mempool_package_rbf.py",
    "rpc_net.py --v2transport",
)

# The long list: of the tests that Core's own runner has, all that begin so.
LONG_PREFIXES = ("p2p_", "mempool_", "rpc_net", "rpc_packages", "rpc_orphans", "rpc_setban", "rpc_invalidateblock", "rpc_preciousblock",
                 "rpc_getblockfrompeer", "rpc_blockchain", "rpc_txoutproof", "feature_block.py", "feature_rbf", "feature_segwit",
                 "feature_taproot", "feature_csv", "feature_cltv", "feature_dersig", "feature_nulldummy", "feature_bip68", "feature_assume",
                 "feature_reindex.py", "feature_minchainwork", "feature_maxuploadtarget", "feature_maxtipage", "feature_versionbits",
                 "feature_chain_tiebreaks", "feature_fee_estimation", "feature_anchors", "feature_addrman", "feature_asmap",
                 "feature_proxy", "feature_logging", "feature_abortnode", "feature_uacomment", "feature_signet", "feature_shutdown",
                 "mining_basic", "mining_mainnet", "mining_prioritise", "wallet_conflicts", "wallet_bumpfee", "wallet_basic",
                 "wallet_abandonconflict", "wallet_reorgsrestore", "wallet_txn_doublespend", "wallet_txn_clone", "wallet_resend",
                 "wallet_v3_txs", "wallet_spend_unconfirmed", "wallet_groups", "example_test")

# Tests that skip themselves, with the part that the build lacks (config.ini). One that skips without such a reason fails the run.
SKIPS_WITHOUT = {
    "ENABLE_WALLET": ("wallet_", "mempool_unbroadcast", "feature_fee_estimation", "feature_assumeutxo"),
}
# Tests that always skip themselves, with the reason.
ALWAYS_SKIPPED = {
    "mempool_compatibility.py": "needs programs of earlier releases",
}

# Tests that change what their nodes log while these run.
SWITCH_THEIR_LOG = ("feature_logging.py", "rpc_misc.py")

# Tests with nodes of which no log is left, with the reason.
WITHOUT_LOG = {
    "feature_logging.py": "switches the log off",
    "feature_assumeutxo.py": "deletes the node's chain, and the log with it",
}


def long_list(tree):
    return [command for command in tree.all_tests() if command.startswith(LONG_PREFIXES)]


def is_expected_skip(command, components):
    return command.split()[0] in ALWAYS_SKIPPED or any(
        command.startswith(prefixes) for component, prefixes in SKIPS_WITHOUT.items() if component not in components)
