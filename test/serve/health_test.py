"""The stub of gRPC's health service, which grpc_health_probe and Kubernetes speak, asks
`mixconv serve`."""

import grpc
from grpc_health.v1 import health_pb2, health_pb2_grpc

import clients


class Health(clients.Clients):
    def test_status(self):
        with grpc.insecure_channel(self.address) as channel:
            stub = health_pb2_grpc.HealthStub(channel)
            self.assertEqual(stub.Check(health_pb2.HealthCheckRequest()).status, health_pb2.HealthCheckResponse.SERVING)
            with self.assertRaises(grpc.RpcError) as caught:
                stub.Check(health_pb2.HealthCheckRequest(service="none"))
            self.assertEqual(caught.exception.code(), grpc.StatusCode.NOT_FOUND)
            watched = stub.Watch(health_pb2.HealthCheckRequest(), timeout=10)
            self.assertEqual(next(iter(watched)).status, health_pb2.HealthCheckResponse.SERVING)
