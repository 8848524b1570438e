"""A model behind FastAPI, as people write it by hand: fastapi_server.py NAME MODEL.onnx PORT

Tensors come and go as bytes, in the form of the binary tensor data extension."""

import json
import sys

import fastapi
import numpy
import session
import uvicorn

name, path, port = sys.argv[1:4]
model = session.load(path)
output = model.get_outputs()[0].name
app = fastapi.FastAPI()


@app.get("/v2/health/ready")
def ready():
    return {"ready": True}


@app.post(f"/v2/models/{name}/infer")
async def infer(request: fastapi.Request):
    body = await request.body()
    length = int(request.headers["Inference-Header-Content-Length"])
    given = json.loads(body[:length])["inputs"][0]
    array = numpy.frombuffer(body[length:], numpy.float32).reshape(given["shape"])
    found = (await fastapi.concurrency.run_in_threadpool(model.run, [output], {given["name"]: array}))[0]
    raw = found.tobytes()
    head = json.dumps({
        "model_name": name,
        "outputs": [{"name": output, "shape": found.shape, "datatype": "FP32", "parameters": {"binary_data_size": len(raw)}}],
    }).encode()
    return fastapi.Response(head + raw, media_type="application/octet-stream", headers={"Inference-Header-Content-Length": str(len(head))})


uvicorn.run(app, host="127.0.0.1", port=int(port), log_level="warning", access_log=False)
