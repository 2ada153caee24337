# SPDX-License-Identifier: MIT
"""gunicorn: every worker dumps itself. The hook runs after gunicorn has set its own signal handlers."""
import heapsnap


def post_worker_init(worker):
    heapsnap.install('/var/lib/heapsnap/shop/dumps', label='shop', every='24h', on_rss_over='2GiB')
