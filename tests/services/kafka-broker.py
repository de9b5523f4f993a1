"""Runs a broker of Kafka on the loopback, and prints its address.

It is the test broker of librdkafka: apt-get install librdkafka1
"""

import ctypes
import signal

library = ctypes.CDLL("librdkafka.so.1")
library.rd_kafka_conf_new.restype = ctypes.c_void_p
library.rd_kafka_new.restype = ctypes.c_void_p
library.rd_kafka_new.argtypes = [ctypes.c_int, ctypes.c_void_p, ctypes.c_char_p, ctypes.c_size_t]
library.rd_kafka_mock_cluster_new.restype = ctypes.c_void_p
library.rd_kafka_mock_cluster_new.argtypes = [ctypes.c_void_p, ctypes.c_int]
library.rd_kafka_mock_cluster_bootstraps.restype = ctypes.c_char_p
library.rd_kafka_mock_cluster_bootstraps.argtypes = [ctypes.c_void_p]
library.rd_kafka_mock_topic_create.argtypes = [
    ctypes.c_void_p,
    ctypes.c_char_p,
    ctypes.c_int,
    ctypes.c_int,
]

error = ctypes.create_string_buffer(512)
producer = library.rd_kafka_new(0, library.rd_kafka_conf_new(), error, len(error))
cluster = library.rd_kafka_mock_cluster_new(producer, 1)
# librdkafka 2.0 sends wrong offsets of topics with several partitions, which a topic has by default.
library.rd_kafka_mock_topic_create(cluster, b"orders", 1, 1)
address = library.rd_kafka_mock_cluster_bootstraps(cluster).decode()
print(f"kafka://{address}", flush=True)
signal.pause()
