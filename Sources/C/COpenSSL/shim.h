#pragma once
#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/params.h>

// Parameters point to their names, so that they are made here: a string literal passed from Swift is gone after the call.
static inline int isobar_hmac_sha256_init(EVP_MAC_CTX *context, const unsigned char *key, size_t count) {
  OSSL_PARAM parameters[] = {
      OSSL_PARAM_construct_utf8_string(OSSL_MAC_PARAM_DIGEST, (char *)"SHA256", 0),
      OSSL_PARAM_construct_end(),
  };
  // A null key means "the one from before" to OpenSSL: an empty key needs an address.
  return EVP_MAC_init(context, key ? key : (const unsigned char *)"", count, parameters);
}
