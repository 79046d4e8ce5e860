// The ciphers of the v2 transport against the test vectors of BIP324, and against each other.
#include "libs/base/hex.h"
#include "libs/p2p/elligator_swift.h"
#include "libs/p2p/v2_cipher.h"

#include <gtest/gtest.h>

#include <string>
#include <utility>
#include <vector>

namespace peer_observer::p2p {
namespace {

/// bips/bip-0324/packet_encoding_test_vectors.csv. Of long packets only the end is there.
struct Vector {
    int number; ///< of the packet
    bool initiating;
    bool ignore;
    std::string secret;
    std::string our_key;
    std::string their_key;
    std::pair<int, std::string> contents; ///< so often
    std::string aad;
    std::string our_terminator;
    std::string their_terminator;
    std::string session_id;
    std::string packet;
};

const std::vector<Vector> kVectors = {
    {1,
     true,
     false,
     "61062ea5071d800bbfd59e2e8b53d47d194b095ae5a4df04936b49772ef0d4d7",
     "ec0adff257bbfe500c188c80b4fdd640f6b45a482bbc15fc7cef5931deff0aa186f6eb9bba7b85dc4dcc28b28722de1e3d91"
     "08b985e2967045668f66098e475b",
     "a4a94dfce69b4a2a0a099313d10f9f7e7d649d60501c9e1d274c300e0d89aafaffffffffffffffffffffffffffffffffffff"
     "ffffffffffffffffffff8faf88d5",
     {1, "8e"},
     "",
     "faef555dfcdb936425d84aba524758f3",
     "02cb8ff24307a6e27de3b4e7ea3fa65b",
     "ce72dffb015da62b0d0f5474cab8bc72605225b0cee3f62312ec680ec5f41ba5",
     "7530d2a18720162ac09c25329a60d75adf36eda3c3"},
    {999,
     false,
     false,
     "6f312890ec83bbb26798abaadd574684a53e74ccef7953b790fcc29409080246",
     "a8785af31c029efc82fa9fc677d7118031358d7c6a25b5779a9b900e5ccd94aac97eb36a3c5dbcdb2ca5843cc4c2fe0aaa46"
     "d10eb3d233a81c3dde476da00eef",
     "fffffffffffffffffffffffffffffffffffffffffffffffffffffffefffffc2f000000000000000000000000000000000000"
     "0000000000000000000000000000",
     {1, "3eb1d4e98035cfd8eeb29bac969ed3824a"},
     "",
     "44737108aec5f8b6c1c277b31bbce9c1",
     "ca29b3a35237f8212bd13ed187a1da2e",
     "b0490e26111cb2d55bbff2ace00f7f644f64006539abb4e7513f05107bb10608",
     "d78adbcba0eebfb15cfbd8142c84dc729d233d0dc11b1d851e46a114122b8d5b96b7d59317"},
    {0,
     true,
     false,
     "846a784f1a03dea59cc679754a60a7145542fa130e3efbd815c81e909ce32933",
     "480eacf1536b52257bf8ce78d8f4ce09395d744767c6c129e7838947ee625af3245592c111275e877d5baae22584cb5f1153"
     "e67c16bcd7da767726cd0d0c846a",
     "ffffffffffffffffffffffffffffffffffffffffffffffffffffffff22d5e441524d571a52b3def126189d3f416890a99d4d"
     "a6ede2b0cde1760ce2c3f98457ae",
     {1, "054290a6c6ba8d80478172e89d32bf690913ae9835de6dcf206ff1f4d652286fe0ddf74deba41d55de3edc77c42a32af79bb"
         "ea2c00bae7492264c60866ae5a"},
     "84932a55aac22b51e7b128d31d9f0550da28e6a3f394224707d878603386b2f9d0c6bcd8046679bfed7b68c517e7431e75d9"
     "dd34605727d2ef1c2babbf680ecc8d68d2c4886e9953a4034abde6da4189cd47c6bb3192242cf714d502ca6103ee84e08bc2"
     "ca4fd370d5ad4e7d06c7fbf496c6c7cc7eb19c40c61fb33df2a9ba48497a96c98d7b10c1f91098a6b7b16b4bab9687f27585"
     "ade1491ae0dba6a79e1e2d85dd9d9d45c5135ca5fca3f0f99a60ea39edbc9efc7923111c937913f225d67788d5f7e8852b69"
     "7e26b92ec7bfcaa334a1665511c2b4c0a42d06f7ab98a9719516c8fd17f73804555ee84ab3b7d1762f6096b778d3cb9c799c"
     "bd49a9e4a325197b4e6cc4a5c4651f8b41ff88a92ec428354531f970263b467c77ed11312e2617d0d53fe9a8707f51f9f57a"
     "77bfb49afe3d89d85ec05ee17b9186f360c94ab8bb2926b65ca99dae1d6ee1af96cad09de70b6767e949023e4b380e666699"
     "14a741ed0fa420a48dbc7bfae5ef2019af36d1022283dd90655f25eec7151d471265d22a6d3f91dc700ba749bb67c0fe4bc0"
     "888593fbaf59d3c6fff1bf756a125910a63b9682b597c20f560ecb99c11a92c8c8c3f7fbfaa103146083a0ccaecf7a5f5e73"
     "5a784a8820155914a289d57d8141870ffcaf588882332e0bcd8779efa931aa108dab6c3cce76691e345df4a91a03b71074d6"
     "6333fd3591bff071ea099360f787bbe43b7b3dff2a59c41c7642eb79870222ad1c6f2e5a191ed5acea51134679587c9cf71c"
     "7d8ee290be6bf465c4ee47897a125708704ad610d8d00252d01959209d7cd04d5ecbbb1419a7e84037a55fefa13dee464b48"
     "a35c96bcb9a53e7ed461c3a1607ee00c3c302fd47cd73fda7493e947c9834a92d63dcfbd65aa7c38c3e3a2748bb5d9a58e74"
     "95d243d6b741078c8f7ee9c8813e473a323375702702b0afae1550c8341eedf5247627343a95240cb02e3e17d5dca16f8d8d"
     "3b2228e19c06399f8ec5c5e9dbe4caef6a0ea3ffb1d3c7eac03ae030e791fa12e537c80d56b55b764cadf27a8701052df128"
     "2ba8b5e3eb62b5dc7973ac40160e00722fa958d95102fc25c549d8c0e84bed95b7acb61ba65700c4de4feebf78d13b9682c5"
     "2e937d23026fb4c6193e6644e2d3c99f91f4f39a8b9fc6d013f89c3793ef703987954dc0412b550652c01d922f525704d32d"
     "70d6d4079bc3551b563fb29577b3aecdc9505011701dddfd94830431e7a4918927ee44fb3831ce8c4513839e2deea1287f3f"
     "a1ab9b61a256c09637dbc7b4f0f8fbb783840f9c24526da883b0df0c473cf231656bd7bc1aaba7f321fec0971c8c2c3444bf"
     "f2f55e1df7fea66ec3e440a612db9aa87bb505163a59e06b96d46f50d8120b92814ac5ab146bc78dbbf91065af2610781567"
     "8ce6e33812e6bf3285d4ef3b7b04b076f21e7820dcbfdb4ad5218cf4ff6a65812d8fcb98ecc1e95e2fa58e3efe4ce26cd0bd"
     "400d6036ab2ad4f6c713082b5e3f1e04eb9e3b6c8f63f57953894b9e220e0130308e1fd91f72d398c1e7962ca2c31be83f31"
     "d6157633581a0a6910496de8d55d3d07090b6aa087159e388b7e7dec60f5d8a60d93ca2ae91296bd484d916bfaaa17c8f45e"
     "a4b1a91b37c82821199a2b7596672c37156d8701e7352aa48671d3b1bbbd2bd5f0a2268894a25b0cb2514af39c8743f8cce8"
     "ab4b523053739fd8a522222a09acf51ac704489cf17e4b7125455cb8f125b4d31af1eba1f8cf7f81a5a100a141a7ee72e808"
     "3e065616649c241f233645c5fc865d17f0285f5c52d9f45312c979bfb3ce5f2a1b951deddf280ffb3f370410cffd1583bfa9"
     "0077835aa201a0712d1dcd1293ee177738b14e6b5e2a496d05220c3253bb6578d6aff774be91946a614dd7e879fb3dcf7451"
     "e0b9adb6a8c44f53c2c464bcc0019e9fad89cac7791a0a3f2974f759a9856351d4d2d7c5612c17cfc50f8479945df5771676"
     "7b120a590f4bf656f4645029a525694d8a238446c5f5c2c1c995c09c1405b8b1eb9e0352ffdf766cc964f8dcf9f8f043dfab"
     "6d102cf4b298021abd78f1d9025fa1f8e1d710b38d9d1652f2d88d1305874ec41609b6617b65c5adb19b6295dc5c5da5fdf6"
     "9f28144ea12f17c3c6fcce6b9b5157b3dfc969d6725fa5b098a4d9b1d31547ed4c9187452d281d0a5d456008caf1aa251fac"
     "8f950ca561982dc2dc908d3691ee3b6ad3ae3d22d002577264ca8e49c523bd51c4846be0d198ad9407bf6f7b82c79893eb2c"
     "05fe9981f687a97a4f01fe45ff8c8b7ecc551135cd960a0d6001ad35020be07ffb53cb9e731522ca8ae9364628914b9b8e8c"
     "c2f37f03393263603cc2b45295767eb0aac29b0930390eb89587ab2779d2e3decb8042acece725ba42eda650863f418f8d0d"
     "50d104e44fbbe5aa7389a4a144a8cecf00f45fb14c39112f9bfb56c0acbd44fa3ff261f5ce4acaa5134c2c1d0cca44704082"
     "0c81ab1bcdc16aa075b7c68b10d06bbb7ce08b5b805e0238f24402cf24a4b4e00701935a0c68add3de090903f9b85b153cb1"
     "79a582f57113bfc21c2093803f0cfa4d9d4672c2b05a24f7e4c34a8e9101b70303a7378b9c50b6cddd46814ef7fd73ef6923"
     "feceab8fc5aa8b0d185f2e83c7a99dcb1077c0ab5c1f5d5f01ba2f0420443f75c4417db9ebf1665efbb33dca224989920a64"
     "b44dc26f682cc77b4632c8454d49135e52503da855bc0f6ff8edc1145451a9772c06891f41064036b66c3119a0fc6e80dffe"
     "b65dc456108b7ca0296f4175fff3ed2b0f842cd46bd7e86f4c62dfaf1ddbf836263c00b34803de164983d0811cebfac86e77"
     "20c726d3048934c36c23189b02386a722ca9f0fe00233ab50db928d3bccea355cc681144b8b7edcaae4884d5a8f04425c089"
     "0ae2c74326e138066d8c05f4c82b29df99b034ea727afde590a1f2177ace3af99cfb1729d6539ce7f7f7314b046aab74497e"
     "63dd399e1f7d5f16517c23bd830d1fdee810f3c3b77573dd69c4b97d80d71fb5a632e00acdfa4f8e829faf3580d6a72c40b2"
     "8a82172f8dcd4627663ebf6069736f21735fd84a226f427cd06bb055f94e7c92f31c48075a2955d82a5b9d2d0198ce0d4e13"
     "1a112570a8ee40fb80462a81436a58e7db4e34b6e2c422e82f934ecda9949893da5730fc5c23c7c920f363f85ab28cc6a420"
     "6713c3152669b47efa8238fa826735f17b4e78750276162024ec85458cd5808e06f40dd9fd43775a456a3ff6cae90550d76d"
     "8b2899e0762ad9a371482b3e38083b1274708301d6346c22fea9bb4b73db490ff3ab05b2f7f9e187adef139a7794454b7300"
     "b8cc64d3ad76c0e4bc54e08833a4419251550655380d675bc91855aeb82585220bb97f03e976579c08f321b5f8f70988d306"
     "1f41465517d53ac571dbf1b24b94443d2e9a8e8a79b392b3d6a4ecdd7f626925c365ef6221305105ce9b5f5b6ecc5bed3d70"
     "2bd4b7f5008aa8eb8c7aa3ade8ecf6251516fbefeea4e1082aa0e1848eddb31ffe44b04792d296054402826e4bd054e671f2"
     "23e5557e4c94f89ca01c25c44f1a2ff2c05a70b43408250705e1b858bf0670679fdcd379203e36be3500dd981b1a6422c3cf"
     "15224f7fefdef0a5f225c5a09d15767598ecd9e262460bb33a4b5d09a64591efabc57c923d3be406979032ae0bc0997b6533"
     "6a06dd75b253332ad6a8b63ef043f780a1b3fb6d0b6cad98b1ef4a02535eb39e14a866cfc5fc3a9c5deb2261300d71280ebe"
     "66a0776a151469551c3c5fa308757f956655278ec6330ae9e3625468c5f87e02cd9a6489910d4143c1f4ee13aa21a6859d90"
     "7b788e28572fecee273d44e4a900fa0aa668dd861a60fb6b6b12c2c5ef3c8df1bd7ef5d4b0d1cdb8c15fffbb365b9784bd94"
     "abd001c6966216b9b67554ad7cb7f958b70092514f7800fc40244003e0fd1133a9b850fb17f4fcafde07fc87b07fb5106706"
     "54a5d2d6fc9876ac74728ea41593beef003d6858786a52d3a40af7529596767c17000bfaf8dc52e871359f4ad8bf6e7b2853"
     "e5229bdf39657e213580294a5317c5df172865e1e17fe37093b585e04613f5f078f761b2b1752eb32983afda24b523af8851"
     "df9a02b37e77f543f18888a782a994a50563334282bf9cdfccc183fdf4fcd75ad86ee0d94f91ee2300a5befbccd14e03a77f"
     "c031a8cfe4f01e4c5290f5ac1da0d58ea054bd4837cfd93e5e34fc0eb16e48044ba76131f228d16cde9b0bb978ca7cdcd106"
     "53c358bdb26fdb723a530232c32ae0a4cecc06082f46e1c1d596bfe60621ad1e354e01e07b040cc7347c016653f44d926d13"
     "ca74e6cbc9d4ab4c99f4491c95c76fff5076b3936eb9d0a286b97c035ca88a3c6309f5febfd4cdaac869e4f58ed409b1e9eb"
     "4192fb2f9c2f12176d460fd98286c9d6df84598f260119fd29c63f800c07d8df83d5cc95f8c2fea2812e7890e8a0718bb1e0"
     "31ecbebc0436dcf3e3b9a58bcc06b4c17f711f80fe1dffc3326a6eb6e00283055c6dabe20d311bfd5019591b7954f8163c9a"
     "fad9ef8390a38f3582e0a79cdf0353de8eeb6b5f9f27b16ffdef7dd62869b4840ee226ccdce95e02c4545eb981b60571cd83"
     "f03dc5eaf8c97a0829a4318a9b3dc06c0e003db700b2260ff1fa8fee66890e637b109abb03ec901b05ca599775f48af50154"
     "c0e67d82bf0f558d7d3e0778dc38bea1eb5f74dc8d7f90abdf5511a424be66bf8b6a3cacb477d2e7ef4db68d2eba4d528912"
     "2d851f9501ba7e9c4957d8eba3be3fc8e785c4265a1d65c46f2809b70846c693864b169c9dcb78be26ea14b8613f145b0188"
     "7222979a9e67aee5f800caa6f5c4229bdeefc901232ace6143c9865e4d9c07f51aa200afaf7e48a7d1d8faf366023beab129"
     "06ffcb3eaf72c0eb68075e4daf3c080e0c31911befc16f0cc4a09908bb7c1e26abab38bd7b788e1a09c0edf1a35a38d2ff1d"
     "3ed47fcdaae2f0934224694f5b56705b9409b6d3d64f3833b686f7576ec64bbdd6ff174e56c2d1edac0011f904681a73face"
     "26573fbba4e34652f7ae84acfb2fa5a5b3046f98178cd0831df7477de70e06a4c00e305f31aafc026ef064dd68fd3e4252b1"
     "b91d617b26c6d09b6891a00df68f105b5962e7f9d82da101dd595d286da721443b72b2aba2377f6e7772e33b3a5e3753da9c"
     "2578c5d1daab80187f55518c72a64ee150a7cb5649823c08c9f62cd7d020b45ec2cba8310db1a7785a46ab24785b4d54ff16"
     "60b5ca78e05a9a55edba9c60bf044737bc468101c4e8bd1480d749be5024adefca1d998abe33eaeb6b11fbb39da5d905fdd3"
     "f611b2e51517ccee4b8af72c2d948573505590d61a6783ab7278fc43fe55b1fcc0e7216444d3c8039bb8145ef1ce01c50e95"
     "a3f3feab0aee883fdb94cc13ee4d21c542aa795e18932228981690f4d4c57ca4db6eb5c092e29d8a05139d509a8aeb48baa1"
     "eb97a76e597a32b280b5e9d6c36859064c98ff96ef5126130264fa8d2f49213870d9fb036cff95da51f270311d9976208554"
     "e48ffd486470d0ecdb4e619ccbd8226147204baf8e235f54d8b1cba8fa34a9a4d055de515cdf180d2bb6739a175183c472e3"
     "0b5c914d09eeb1b7dafd6872b38b48c6afc146101200e6e6a44fe5684e220adc11f5c403ddb15df8051e6bdef09117a3a534"
     "9938513776286473a3cf1d2788bb875052a2e6459fa7926da33380149c7f98d7700528a60c954e6f5ecb65842fde69d614be"
     "69eaa2040a4819ae6e756accf936e14c1e894489744a79c1f2c1eb295d13e2d767c09964b61f9cfe497649f712",
     "3ba1f51de6272aa28fd21059b91d3893",
     "faf3b317340de00e29f2181db270ff81",
     "d083d09c1bdf71795b39a9534601cf7c7a7e767e578c44a17dfaf43a3c18f98c",
     "6aa28bc4b6719eca144ac33a3f17859317d5450e4978db9365ce61e7085a617dd386ec18eb436c9056aa1d2d4736c9bffd25"
     "803d967fcae916ce1647ccae3d5258b17dfa1cdc7eb99581c48ff2898ef92d3aa1"},
    {673,
     false,
     false,
     "4a7065c3ddbf84e29b8e20da0da3aaae1f708eae8ad1af4c4c00f46a7cda7b6b",
     "ffffffffffffffffffffffffffffffffffffffffffffffffffffffff450012ec3aeecf516f4b374af2e7fbb040e92dc3c0f1"
     "2eafd00c729a137f4e892e5293c3",
     "9652d78baefc028cd37a6a92625b8b8f85fde1e4c944ad3f20e198bef8c02f19ffffffffffffffffffffffffffffffffffff"
     "fffffffffffffffffffff2e91870",
     {97561, "5c6272ee55da855bbbf7b1246d9885aa7aa601a715ab86fa46c50da533badf82b97597c968293ae04e"},
     "",
     "1fec304dcaacf1f5b088325306272d78",
     "d2d16a8452807baa4f63b059b5804624",
     "dccb606c4f2a0f64bc164dbc00eb0f6cf1474575e89d7928be6346720bb53610",
     "58daef966f33c036740aeb3f6a4b31c0f0a070b25fd6a1abf82ef56fc2cb3ca8da8c434f23790c69349dd0cb4058f88a7bd0"
     "e333c8ceba3c80f21e951b9fdb1c84e2e7f49f43c21087566d58f1bcc42b041e0b462e37e927c0071caa9a2b650dccf448c9"
     "f88d73b62e80a3e5d5e4e46992e34b416ceb9590a7c8b7bfaccf37ab"},
};

std::string bytes_of(const std::string& hex) { return base::from_hex(hex).value(); }

TEST(V2CipherTest, EncryptsAsBip324Says)
{
    if (!has_elligator_swift()) GTEST_SKIP() << "built without libsecp256k1 with ElligatorSwift";
    for (const auto& vector : kVectors) {
        SCOPED_TRACE(vector.number);
        const auto secret = shared_secret(bytes_of(vector.secret), bytes_of(vector.our_key), bytes_of(vector.their_key),
                                          vector.initiating);
        V2Cipher cipher{secret, kChains[0].magic, vector.initiating};
        EXPECT_EQ(base::to_hex(cipher.session_id()), vector.session_id);
        EXPECT_EQ(base::to_hex(cipher.our_terminator()), vector.our_terminator);
        EXPECT_EQ(base::to_hex(cipher.their_terminator()), vector.their_terminator);
        for (int i = 0; i < vector.number; ++i)
            (void)cipher.encrypt({}, {}, true);
        std::string contents;
        for (int i = 0; i < vector.contents.first; ++i)
            contents += bytes_of(vector.contents.second);
        const auto packet = cipher.encrypt(contents, bytes_of(vector.aad), vector.ignore);
        EXPECT_EQ(packet.size(), contents.size() + kLengthBytes + kPacketHeaderBytes + kTagBytes);
        EXPECT_TRUE(base::to_hex(packet).ends_with(vector.packet));
    }
}

/// Needs no key exchange: it is tested in every build.
TEST(V2CipherTest, ReadsWhatTheOtherSideHasEncrypted)
{
    const std::string secret(kSecretBytes, 's');
    V2Cipher dialer{secret, kChains[0].magic, true};
    V2Cipher node{secret, kChains[0].magic, false};
    EXPECT_EQ(dialer.our_terminator(), node.their_terminator());
    EXPECT_EQ(dialer.session_id(), node.session_id());
    for (int i = 0; i < 1000; ++i) { // the keys change four times
        for (auto [from, to] : {std::pair{&dialer, &node}, {&node, &dialer}}) {
            const std::string contents(static_cast<std::size_t>(i), static_cast<char>(i));
            const auto packet = from->encrypt(contents, "aad", i % 7 == 0);
            ASSERT_EQ(to->decrypt_length(packet.substr(0, kLengthBytes)), contents.size());
            const auto read = to->decrypt(packet.substr(kLengthBytes), "aad");
            ASSERT_TRUE(read) << i;
            EXPECT_EQ(read->contents, contents);
            EXPECT_EQ(read->ignore, i % 7 == 0);
        }
    }
}

TEST(V2CipherTest, RejectsPacketThatWasChanged)
{
    const std::string secret(kSecretBytes, 's');
    const auto packet = V2Cipher{secret, kChains[0].magic, true}.encrypt("contents", "aad").substr(kLengthBytes);
    EXPECT_TRUE(V2Cipher(secret, kChains[0].magic, false).decrypt(packet, "aad"));
    EXPECT_FALSE(V2Cipher(secret, kChains[0].magic, false).decrypt(packet, "Aad"));
    EXPECT_FALSE(V2Cipher(secret, kChains[0].magic, true).decrypt(packet, "aad")) << "of the wrong side";
    EXPECT_FALSE(V2Cipher(secret, kChains[0].magic, false).decrypt(packet.substr(1), "aad"));
    EXPECT_FALSE(V2Cipher(secret, kChains[0].magic, false).decrypt("short", ""));
    for (std::size_t bit = 0; bit < packet.size() * 8; ++bit) {
        auto changed = packet;
        changed[bit / 8] = static_cast<char>(changed[bit / 8] ^ (1 << (bit % 8)));
        EXPECT_FALSE(V2Cipher(secret, kChains[0].magic, false).decrypt(changed, "aad")) << bit;
    }
}

} // namespace
} // namespace peer_observer::p2p
