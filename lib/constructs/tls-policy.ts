/** Of every endpoint that devices call: TLS 1.3 and 1.2 with forward secrecy; no older ones. */
export const TLS_POLICY = 'IoTSecurityPolicy_TLS13_1_2_2022_10';
