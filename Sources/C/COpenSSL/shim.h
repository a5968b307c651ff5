#pragma once
#include <openssl/bio.h>
#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/kdf.h>
#include <openssl/params.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>

// Parameters point to their names, so that they are made here: a string literal passed from Swift is gone after the call.
static inline int isobar_hmac_sha256_init(EVP_MAC_CTX *context, const unsigned char *key, size_t count) {
  OSSL_PARAM parameters[] = {
      OSSL_PARAM_construct_utf8_string(OSSL_MAC_PARAM_DIGEST, (char *)"SHA256", 0),
      OSSL_PARAM_construct_end(),
  };
  // A null key means "the one from before" to OpenSSL: an empty key needs an address.
  return EVP_MAC_init(context, key ? key : (const unsigned char *)"", count, parameters);
}

// An empty salt is left out: HKDF then takes zeros, as RFC 5869 wants it.
static inline int isobar_hkdf_sha256(EVP_KDF_CTX *context, const unsigned char *key, size_t key_count, const unsigned char *salt,
                                     size_t salt_count, const unsigned char *info, size_t info_count, unsigned char *out,
                                     size_t out_count) {
  OSSL_PARAM parameters[5];
  int count = 0;
  parameters[count++] = OSSL_PARAM_construct_utf8_string(OSSL_KDF_PARAM_DIGEST, (char *)"SHA256", 0);
  parameters[count++] = OSSL_PARAM_construct_octet_string(OSSL_KDF_PARAM_KEY, (void *)key, key_count);
  parameters[count++] = OSSL_PARAM_construct_octet_string(OSSL_KDF_PARAM_INFO, (void *)info, info_count);
  if (salt_count > 0) parameters[count++] = OSSL_PARAM_construct_octet_string(OSSL_KDF_PARAM_SALT, (void *)salt, salt_count);
  parameters[count] = OSSL_PARAM_construct_end();
  return EVP_KDF_derive(context, out, out_count, parameters);
}

// These are macros around EVP_CIPHER_CTX_ctrl.
static inline int isobar_aead_get_tag(EVP_CIPHER_CTX *context, unsigned char *tag) {
  return EVP_CIPHER_CTX_ctrl(context, EVP_CTRL_AEAD_GET_TAG, 16, tag);
}
static inline int isobar_aead_set_tag(EVP_CIPHER_CTX *context, const unsigned char *tag) {
  return EVP_CIPHER_CTX_ctrl(context, EVP_CTRL_AEAD_SET_TAG, 16, (void *)tag);
}
