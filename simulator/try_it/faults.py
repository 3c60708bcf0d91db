"""The faults in plain words, for the panel of the /try page: a short name, and what it does."""

from collections.abc import Mapping

Words = Mapping[str, tuple[str, str]]

MOMENTS: Mapping[str, Mapping[str, str]] = {
    "vi": {"send": "Khi Nhịp Cầu gửi tin", "inbound": "Khi bạn nhắn tới", "receipt": "Báo nhận của tin đã gửi"},
    "en": {"send": "When Nhịp Cầu sends", "inbound": "When you text", "receipt": "Receipts of what was sent"},
}

KINDS: Mapping[str, Mapping[str, str]] = {
    "vi": {
        "inbound": "tin nhắn tới",
        "update": "tin nhắn tới",
        "receipt": "báo nhận",
        "send": "gửi tin",
        "list": "hỏi danh sách",
        "fetch": "hỏi một tin",
        "redact": "xoá nội dung",
        "delete": "xoá tin",
        "refresh": "lấy mã mới",
        "echo": "bản sao tin đã gửi",
        "probe": "thử xem có đó không",
        "answerCallbackQuery": "đáp lại nút bấm",
        "setWebhook": "đặt nơi báo tin",
        "getWebhookInfo": "hỏi nơi báo tin",
    },
    "en": {
        "inbound": "a message",
        "update": "a message",
        "receipt": "a receipt",
        "send": "sends a message",
        "list": "asks for the list",
        "fetch": "asks for a message",
        "redact": "redacts a message",
        "delete": "deletes a message",
        "refresh": "asks for a new token",
        "echo": "a copy of what was sent",
        "probe": "is anybody there",
        "answerCallbackQuery": "answers a pressed button",
        "setWebhook": "sets the webhook",
        "getWebhookInfo": "asks about the webhook",
    },
}

FAULTS: Mapping[str, Words] = {
    "vi": {
        "500_before": ("Báo lỗi, không nhận tin", "Nhịp Cầu nghe mã 500; tin không tới máy này."),
        "500_after_accepting": (
            "Nhận rồi nhưng báo lỗi",
            "Tin vẫn tới máy này, nhưng Nhịp Cầu nghe mã 500 và không biết chắc.",
        ),
        "time_out_before": ("Im lặng, không nhận tin", "Nửa phút không trả lời rồi cắt; tin không tới."),
        "time_out_after_accepting": ("Nhận rồi im lặng", "Tin tới ngay, nhưng Nhịp Cầu không được trả lời."),
        "slow": ("Trả lời chậm", "Tin tới ngay; câu trả lời cho Nhịp Cầu chậm ba giây."),
        "429": ("Quá nhiều tin", "Nhà mạng từ chối và bảo đợi một giây."),
        "wrong_json": ("Trả lời không đọc được", "Tin tới, nhưng câu trả lời không phải là JSON."),
        "blocked": ("Người này không nhận nữa", "Như khi đã nhắn STOP, chặn bot hay bỏ quan tâm."),
        "window_closed": ("Quá hạn trả lời", "Như khi người này im lặng đã hơn bảy ngày."),
        "token_expired": ("Mã truy cập hết hạn", "Zalo không nhận mã cũ nữa; Nhịp Cầu phải lấy mã mới."),
        "duplicate": ("Tin tới hai lần", "Hai bản giống hệt nhau, cùng một lúc."),
        "reorder": ("Tin tới sai thứ tự", "Tin này đợi tin sau của bạn tới trước, lâu nhất hai giây."),
        "delay": ("Tin tới trễ", "Trễ hai giây; những tin sau cũng phải đợi."),
        "drop": ("Tin không được báo", "Nhà mạng không báo tin này cho Nhịp Cầu lần nào."),
        "drop_receipts": ("Mất báo nhận", "Tin tới, nhưng không có báo nhận nào."),
        "late_receipts": ("Báo nhận trễ", "Mọi báo nhận trễ năm giây."),
        "duplicate_receipts": ("Báo nhận hai lần", "Mỗi báo nhận đến hai bản."),
        "contradictory_receipts": ("Báo nhận trái ngược", "Đã tới, rồi thất bại, rồi lại đã tới."),
        "undelivered": ("Không tới được máy", "Báo nhận cuối cùng nói tin không tới được."),
    },
    "en": {
        "500_before": ("Error, not accepted", "Nhịp Cầu hears a 500; nothing reaches this phone."),
        "500_after_accepting": (
            "Accepted, yet an error",
            "The message reaches this phone, but Nhịp Cầu hears a 500 and cannot be sure.",
        ),
        "time_out_before": ("Silence, not accepted", "No answer for half a minute, then cut off; nothing arrives."),
        "time_out_after_accepting": ("Accepted, then silence", "It arrives at once, but Nhịp Cầu gets no answer."),
        "slow": ("A slow answer", "It arrives at once; Nhịp Cầu is answered after three seconds."),
        "429": ("Too many messages", "The carrier refuses and asks to wait a second."),
        "wrong_json": ("An unreadable answer", "It arrives, but the answer is not JSON."),
        "blocked": ("This person refuses messages", "As after STOP, a blocked bot or an unfollowed account."),
        "window_closed": ("Too late to answer", "As when this person has been silent for over seven days."),
        "token_expired": ("Access token expired", "Zalo takes the old token no longer; a new one must be fetched."),
        "duplicate": ("A message comes twice", "Two equal copies at the same moment."),
        "reorder": ("Messages out of order", "This one waits until your next has come, two seconds at most."),
        "delay": ("A message comes late", "By two seconds; those behind it wait, too."),
        "drop": ("A message is not announced", "The carrier never tells Nhịp Cầu about it."),
        "drop_receipts": ("Receipts are lost", "It arrives, but no receipt does."),
        "late_receipts": ("Receipts come late", "Each comes five seconds late."),
        "duplicate_receipts": ("Receipts come twice", "Two copies of each."),
        "contradictory_receipts": ("Receipts contradict", "Delivered, then failed, then delivered again."),
        "undelivered": ("Not delivered", "The last receipt says that it did not arrive."),
    },
}
