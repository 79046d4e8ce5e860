"""Bitcoin Core's own functional tests as benign traffic: those that are no attacks. tests/core_suite runs and records them."""

import os
import pathlib
import shutil
import subprocess
import sys
import tempfile

ROOT = pathlib.Path(__file__).resolve().parents[2]

# Ordinary life of nodes and wallets. Left out: what plays hostile or broken peers (p2p_dos_header_tree, p2p_invalid_*, p2p_leak, p2p_eviction,
# p2p_mutated_blocks, p2p_unrequested_blocks, p2p_filter, p2p_getaddr_caching, p2p_addr_relay, p2p_orphan_handling, p2p_tx_download, feature_block and others),
# and what has a clock of its own.
TESTS = (
    "feature_assumeutxo.py", "feature_blocksdir.py", "feature_fee_estimation.py", "feature_minchainwork.py", "feature_notifications.py",
    "feature_pruning.py", "feature_reindex.py", "interface_rest.py", "interface_zmq.py", "mempool_persist.py", "mempool_reorg.py", "mempool_resurrect.py",
    "mempool_spend_coinbase.py", "mempool_updatefromblock.py", "mining_mainnet.py", "mining_prioritisetransaction.py", "p2p_disconnect_ban.py",
    "p2p_feefilter.py", "p2p_permissions.py", "p2p_v2_transport.py", "rpc_blockchain.py", "rpc_getchaintips.py", "rpc_net.py", "rpc_preciousblock.py",
    "rpc_rawtransaction.py", "wallet_backup.py", "wallet_balance.py", "wallet_basic.py", "wallet_bumpfee.py", "wallet_groups.py", "wallet_importdescriptors.py",
    "wallet_listtransactions.py", "wallet_reorgsrestore.py", "wallet_resendwallettransactions.py", "wallet_send.py", "wallet_txn_clone.py", "wallet_txn_doublespend.py",
)


def record(directory, names=TESTS):
    """Needs BITCOIN_SOURCE, as tests/core_suite does. Tests run one after the other: beside each other, they make more events than are recorded."""
    tree = pathlib.Path(os.environ["BITCOIN_SOURCE"]) / "test/functional"
    tests = [test for test in names if (tree / test).is_file()]
    with tempfile.TemporaryDirectory() as folder:
        kept = pathlib.Path(folder) / "kept"
        done = subprocess.run([sys.executable, ROOT / "tests/core_suite/run", "--record", "--jobs", "1", "--keep", kept, *tests],
                              capture_output=True, text=True)
        (directory / "report.txt").write_text(done.stdout + done.stderr)
        assert (kept / "archive").is_dir(), "nothing was recorded: see report.txt"
        shutil.copytree(kept / "archive", directory / "archive")
    return {"tests": len(tests), "status": done.returncode}
