#ifndef CAMERA_MODEL_H
#define CAMERA_MODEL_H

#include <stddef.h>

/* The model as it lies in read-only memory, at a multiple of 16. */
const void *camera_model(void);
size_t camera_model_bytes(void);

#endif
